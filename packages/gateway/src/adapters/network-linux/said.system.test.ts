// Whether common kernels still have the recorded output.

import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { withRouter } from './router.fixture.js'
import { record, SAID_BY, type Said, saidBy } from './said.fixture.js'

/** The part that does not differ between runs. */
function shapeOf({ table, links, qdiscs, classes, told, heard }: Said): unknown {
  const names = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(names)
    if (typeof value !== 'object' || value === null) return typeof value
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, names(of)]))
  }
  const words = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/\b\d\S*/g, '0'))
  // Their number depends on the speed of the machine.
  const kinds = (lines: readonly string[]) => [...new Set(words(lines))].toSorted()
  const both = ({ nft, tc }: Said['told']) => ({ nft: kinds(nft), tc: kinds(tc) })
  return {
    table: names(table),
    links: names(links),
    qdiscs: [...new Set(qdiscs.map((qdisc) => JSON.stringify(names(qdisc))))].toSorted(),
    classes: Object.values(classes).map(kinds),
    told: both(told),
    heard: both(heard),
  }
}

describeWith(['namespaces', 'nftables'], 'what a kernel says', () => {
  const release = SAID_BY.find((name) => name === process.env['KERNEL_TESTS'])
  const file = process.env['RECORD_TO']

  it.skipIf(release === undefined && file === undefined)('is as recorded', () =>
    withRouter(
      async (router) => {
        const said = await record(router)
        if (file !== undefined) writeFileSync(file, `${JSON.stringify(said, undefined, 2)}\n`)
        else if (release !== undefined) expect(shapeOf(said)).toEqual(shapeOf(saidBy(release)))
      },
      { dscp: true },
    )(),
  )
})
