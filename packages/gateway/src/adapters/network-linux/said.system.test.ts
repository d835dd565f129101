// Whether the kernels that people have still say what was recorded of them.

import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { withRouter } from './router.fixture.js'
import { record, SAID_BY, type Said, saidBy } from './said.fixture.js'

/** What does not differ from one run to the next. */
function shapeOf({ table, links, qdiscs, classes, told, heard }: Said): unknown {
  const names = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(names)
    if (typeof value !== 'object' || value === null) return typeof value
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, names(of)]))
  }
  const words = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/\b\d\S*/g, '0'))
  // How often depends on how fast the machine is.
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

  it.skipIf(release === undefined && file === undefined)('is what it was recorded to say', () =>
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
