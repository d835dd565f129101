import { describe, expect, it } from 'vitest'
import { scriptedTools } from '../scripted-tools.fixture.js'
import { KernelExec } from './exec.js'
import { parseClasses, readLinks } from './read-link.js'

/** The output of iproute2 6.1 and 6.15 for the same classes. */
const TEXT = {
  '6.1': `class htb 7278:10 parent 7278:1 leaf 10: prio 1 quantum 1514 rate 2500Kbit ceil 10Mbit linklayer ethernet burst 15Kb/1 mpu 0b cburst 4999b/1 mpu 0b level 0 
 Sent 12345 bytes 67 pkt (dropped 8, overlimits 0 requeues 0) 
 backlog 0b 0p requeues 0
 lended: 0 borrowed: 0 giants: 0
 tokens: 200000 ctokens: 66656

class htb 7278:1 root rate 10Mbit ceil 10Mbit linklayer ethernet burst 5000b/1 mpu 0b cburst 5000b/1 mpu 0b level 7 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 

class htb 7278:99 root prio 0 quantum 12500 rate 1Gbit overhead 14 ceil 1Gbit linklayer atm burst 1600b/1 mpu 64b cburst 1599b/1 mpu 64b level 0 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 

class htb 1:10 parent 1:1 prio 0 quantum 12500 rate 1Gbit ceil 1Gbit linklayer ethernet burst 1b/1 mpu 0b cburst 1b/1 mpu 0b level 0 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 
`,
  '6.15': `class htb 7278:10 parent 7278:1 leaf 10: prio 1 quantum 1514 rate 2500Kbit ceil 10Mbit linklayer ethernet burst 15Kb/1mpu 0b cburst 4999b/1mpu 0b level 0 
 Sent 12345 bytes 67 pkt (dropped 8, overlimits 0 requeues 0) 
class htb 7278:1 root rate 10Mbit ceil 10Mbit linklayer ethernet burst 5000b/1mpu 0b cburst 5000b/1mpu 0b level 7 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 
class htb 7278:99 root prio 0 quantum 12500 rate 1Gbit overhead 14 ceil 1Gbit linklayer atm burst 1600b/1mpu 64b cburst 1599b/1mpu 64b level 0 
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) 
`,
}

const HANDLES = new Map([
  ['lan0', '7277'],
  ['wan0', '7278'],
])

describe("tc's listing of classes", () => {
  it.each(Object.entries(TEXT))(
    'is read with every attribute and its counters, as iproute2 %s prints it',
    (_, text) => {
      const leaf = { kind: 'bfifo', attributes: { limit: 15_140 } }
      const classes = parseClasses(text, new Map([[0x10, leaf]]), '7278')
      expect([...classes.keys()]).toEqual([0x10, 0x1, 0x99])
      expect(classes.get(0x10)).toEqual({
        spec: {
          rateBps: 2_500_000,
          ceilBps: 10_000_000,
          priority: 1,
          burst: 15_360,
          cburst: 4_999,
          quantum: 1_514,
          leaf,
        },
        parent: 1,
        counters: { bytes: 12_345, packets: 67, dropped: 8 },
      })
      expect(classes.get(0x1)?.parent).toBeUndefined()
      expect(classes.get(0x99)).toMatchObject({
        parent: undefined,
        spec: { rateBps: 1e9, sizing: 'overhead 14 mpu 64b linklayer atm' },
      })
    },
  )
})

describe('an interface', () => {
  const FQ_CODEL = {
    limit: 1_000,
    flows: 16,
    quantum: 1_514,
    target: 4_999,
    interval: 99_999,
    memory_limit: 33_554_432,
    ecn: true,
    drop_batch: 64,
  }
  const htb = { r2q: 10, default: '0x2', direct_packets_stat: 0, direct_qlen: 1_000 }
  const ours = (dev: string, options: object = htb) => ({ kind: 'htb', handle: '7278:', dev, root: true, options })

  const read = async (qdiscs: readonly object[], more: Readonly<Record<string, string>> = {}) => {
    const answers: Readonly<Record<string, string>> = {
      'ip -j -d link show': JSON.stringify([
        { ifname: 'lo', ifindex: 1, mtu: 65_536, flags: ['UP'] },
        { ifname: 'wan0', ifindex: 7, mtu: 1_500, flags: ['UP'], gso_max_size: 32_768 },
      ]),
      'tc -j qdisc show': JSON.stringify(qdiscs),
      'tc -s -d class show dev wan0': TEXT['6.1'],
      ...more,
    }
    return await readLinks(new KernelExec(scriptedTools((command) => ({ stdout: answers[command] ?? '' }))), HANDLES)
  }

  it('is read with the leaves of its classes: their kind, and all their attributes', async () => {
    const leaf = { kind: 'fq_codel', handle: '10:', dev: 'wan0', parent: '7278:10', options: FQ_CODEL }
    const { links } = await read([ours('wan0'), leaf])
    expect([...links.keys()]).toEqual(['wan0'])
    expect(links.get('wan0')).toMatchObject({ index: 7, gsoMaxSize: 32_768, root: 'ours', isRootIntact: true })
    expect(links.get('wan0')?.classes.get(0x10)?.spec.leaf).toEqual({ kind: 'fq_codel', attributes: FQ_CODEL })
  })

  it('has no leaf where the kernel put its own, and no leaf of ours with another handle', async () => {
    const leafOf = async (handle: string) => {
      const leaf = { kind: 'pfifo', handle, dev: 'wan0', parent: '7278:10', options: { limit: 1_000 } }
      const { links } = await read([ours('wan0'), leaf])
      return links.get('wan0')?.classes.get(0x10)?.spec.leaf
    }
    expect(await leafOf('0:')).toBeUndefined()
    expect(await leafOf('8003:')).toEqual({ kind: 'pfifo 8003:', attributes: { limit: 1_000 } })
  })

  it('does not have our root if its default class differs, which cannot be changed', async () => {
    const { links } = await read([ours('wan0', { ...htb, default: '0x3' })])
    expect(links.get('wan0')).toMatchObject({ root: 'ours', isRootIntact: false })
  })

  it('has filters on the leaves of single classes, found among all of them', async () => {
    const leaves = Array.from({ length: 100 }, (_, n) => {
      const handle = (0x10 + n).toString(16)
      return { kind: 'fq_codel', handle: `${handle}:`, dev: 'wan0', parent: `7278:${handle}`, options: FQ_CODEL }
    })
    const filter = (chain: number) => `filter protocol all pref 49152 matchall chain ${chain} handle 0x1 \n`
    const onLeaf: Readonly<Record<string, string>> = { '2b:': filter(0), '70:': filter(0) + filter(7) }
    const tools = scriptedTools((command, input) => {
      if (command === 'tc -batch -') {
        return { stdout: [...input.matchAll(/parent (\S+)/g)].map(([, handle = '']) => onLeaf[handle] ?? '').join('') }
      }
      const [, of = ''] = /^tc filter show dev wan0 parent (\S+)$/.exec(command) ?? []
      return { stdout: ANSWERS[command] ?? onLeaf[of] ?? '' }
    })
    const ANSWERS: Readonly<Record<string, string>> = {
      'ip -j -d link show': JSON.stringify([{ ifname: 'wan0', ifindex: 7, mtu: 1_500, flags: ['UP'] }]),
      'tc -j qdisc show': JSON.stringify([ours('wan0'), ...leaves]),
      'tc -s -d class show dev wan0': TEXT['6.1'],
    }
    const { links } = await readLinks(new KernelExec(tools), HANDLES)
    expect(links.get('wan0')?.filters).toEqual([
      { parent: '2b:', chain: 0 },
      { parent: '70:', chain: 0 },
      { parent: '70:', chain: 7 },
    ])
    expect(tools.said.length).toBeLessThan(40)
  })

  it('is found if it has our tree, although it is no longer part of the network', async () => {
    expect((await read([ours('wan0'), ours('eth9')])).abandoned).toEqual(['eth9'])
  })

  it('that cannot be read does not affect the others', async () => {
    const { links, unread } = await readLinks(
      new KernelExec(
        scriptedTools((command) => {
          if (command.startsWith('ip ')) {
            const link = { ifindex: 1, mtu: 1_500, flags: [] }
            return {
              stdout: JSON.stringify([
                { ...link, ifname: 'lan0' },
                { ...link, ifname: 'wan0' },
              ]),
            }
          }
          if (command === 'tc -j qdisc show') return { stdout: JSON.stringify([ours('lan0'), ours('wan0')]) }
          return command.endsWith('lan0') ? { code: 1, stderr: 'Dump terminated' } : {}
        }),
      ),
      HANDLES,
    )
    expect([...links.keys()]).toEqual(['wan0'])
    expect([...unread]).toEqual([['lan0', 'tc was refused: Dump terminated']])
  })

  it.each([
    ['another qdisc below it (bfifo 10:)', [{ kind: 'bfifo', handle: '10:', parent: '1:1' }], {}],
    ['classes', [], { 'tc class show dev wan0': 'class drr 1:1 root quantum 1514b \n' }],
    ['filters', [], { 'tc filter show dev wan0': 'filter parent 1: protocol all pref 1 matchall chain 0 \n' }],
    [undefined, [{ kind: 'bfifo', handle: '0:', parent: '1:1' }], {}],
    [undefined, [{ kind: 'clsact', handle: 'ffff:', parent: 'ffff:fff1' }], {}],
  ])('has a foreign root with more than can be put back: %s', async (extras, below, answers) => {
    const root = { kind: 'tbf', handle: '1:', dev: 'wan0', root: true, options: {} }
    const others = below.map((qdisc) => ({ ...qdisc, dev: 'wan0', options: {} }))
    const text = 'qdisc tbf 1: root refcnt 3 rate 5Mbit burst 10Kb lat 50ms \n'
    const { links } = await read([root, ...others], { 'tc qdisc show dev wan0': text, ...answers })
    expect(links.get('wan0')).toMatchObject({
      root: 'foreign',
      rootText: 'handle 1: tbf rate 5Mbit burst 10Kb lat 50ms',
      rootExtras: extras,
    })
  })
})
