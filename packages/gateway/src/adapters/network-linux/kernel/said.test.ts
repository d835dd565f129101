// The parsers on recorded output of common kernels (`npm run test:kernel -- said --record`).

import { beforeEach, describe, expect, it } from 'vitest'
import { NOON } from '../../../domain/session.fixture.js'
import type { Egress } from '../plan/egress.js'
import { elementId, elementsOf } from '../plan/elements.js'
import { classSpec } from '../plan/htb.js'
import { planTree } from '../plan/htb-plan.js'
import { HOOKS } from '../plan/table.js'
import { CONFIG } from '../router.fixture.js'
import { SAID_BY, SAID_OF, type Said, saidBy } from '../said.fixture.js'
import { scriptedTools } from '../scripted-tools.fixture.js'
import { told } from '../told.fixture.js'
import { KernelExec } from './exec.js'
import { Monitors } from './monitors.js'
import { readLinks } from './read-link.js'
import { parseTable } from './read-table.js'

const HANDLES = new Map([
  ['lan0', '7277'],
  ['wan0', '7278'],
])

const egressOf = (name: string, handle: string, more: Pick<Egress, 'mtu' | 'gsoMaxSize'>): Egress => ({
  interface: name,
  handle,
  capacityBps: 10_000_000,
  reservedBps: 1_000_000,
  leaf: 'fq_codel',
  ...more,
})

describe.each(SAID_BY)('the output of the kernel and the tools of %s', (release) => {
  let said: Said
  beforeEach(() => {
    said = saidBy(release)
  })
  const table = () => parseTable(JSON.stringify(said.table), NOON)

  it('is read as the table that was created, with the elements of all sessions', () => {
    const { elements, marks, hooks, rules, fingerprint, isOwnable, owner } = table()
    const wanted = SAID_OF.flatMap(({ flow }) => elementsOf(flow, CONFIG.ipv6PrefixLength).map(elementId))
    expect([...elements.keys()].toSorted()).toEqual(wanted.toSorted())
    for (const { endsAt } of elements.values()) {
      expect(endsAt - NOON).toBeGreaterThan(3_000_000)
      expect(endsAt - NOON).toBeLessThan(3_602_000)
    }
    const first = elements.get(wanted[0] as never)
    expect([...marks]).toEqual([[first?.minor, 'cs4']])
    expect(hooks.toSorted()).toEqual(HOOKS.toSorted())
    expect(fingerprint).toMatch(/^made_by_/)
    expect(rules).toBeGreaterThan(0)
    expect(isOwnable).toBe(true)
    expect(owner?.leftMs).toBeGreaterThan(0)
  })

  it('is read as trees that need no change', async () => {
    const answers = new Map<string, string>([
      ['ip -j -d link show', JSON.stringify(said.links)],
      ['tc -j qdisc show', JSON.stringify(said.qdiscs)],
      ...Object.entries(said.classes).map(
        ([dev, lines]) => [`tc -s -d class show dev ${dev}`, `${lines.join('\n')}\n`] as const,
      ),
    ])
    const tools = scriptedTools((command) => ({ stdout: answers.get(command) ?? '' }))
    const { links, unread, abandoned } = await readLinks(new KernelExec(tools), HANDLES)
    expect([unread.size, abandoned]).toEqual([0, []])
    const { elements } = table()
    for (const [name, handle] of HANDLES) {
      const link = links.get(name)
      if (link === undefined) throw new Error(`${name} was not read`)
      expect(link).toMatchObject({ up: true, hasCarrier: true, root: 'ours', isRootIntact: true, rootText: '' })
      const egress = egressOf(name, handle, link)
      const wanted = SAID_OF.map(({ flow, qos, id }) => {
        const [element] = elementsOf(flow, CONFIG.ipv6PrefixLength)
        const minor = (element && elements.get(elementId(element))?.minor) ?? 0
        const spec = classSpec(name === 'lan0' ? qos.downlink : qos.uplink, qos, egress)
        return [minor, { egress, minor, spec, of: id }] as const
      })
      expect(planTree(egress, link, new Map(wanted), () => false)).toMatchObject({
        operations: [],
        isRebuilt: false,
        changed: 0,
      })
      for (const [minor] of wanted) expect(link.classes.get(minor)?.spec.leaf?.kind).toBe('fq_codel')
    }
  })

  it('is recognised by the monitors as our own changes', async () => {
    const disturbances: string[] = []
    const tools = scriptedTools()
    const quiet = () => undefined
    const monitors = new Monitors({
      tools,
      interfaces: [...HANDLES.keys()],
      monotonicNow: () => 0,
      log: { info: quiet, warn: quiet, error: quiet },
      onDisturbed: (what) => void disturbances.push(what),
      onBlind: async () => undefined,
    })
    for (const tool of ['nft', 'tc'] as const) {
      const telling = monitors.own(said.told[tool].map(told))
      for (const line of said.heard[tool]) tools.print(tool, line)
      expect(said.heard[tool].length).toBeGreaterThan(0)
      if (tool === 'nft') expect(telling.takenAt).toBe(0)
    }
    await new Promise((resolve) => setTimeout(resolve, 150))
    monitors.close()
    expect(disturbances).toEqual([])
  })
})
