import { describe, expect, it } from 'vitest'
import { NOON } from '../../domain/session.fixture.js'
import { NOT_OURS } from './plan.js'
import { parseClasses, parseTable } from './read-kernel.js'

const table = (...things: readonly object[]): string => JSON.stringify({ nftables: [{ metainfo: {} }, ...things] })
const map = (name: string, ...elem: readonly unknown[]) => ({ map: { name, elem } })
const key = (...concat: readonly unknown[]) => ({ concat })
const timed = (of: object, expires: number) => ({ elem: { val: of, timeout: 60, expires } })

const elementsOf = (...things: readonly object[]) => [...parseTable(table(...things), NOON).elements.values()]

describe('what nft lists', () => {
  it('is read in the words that plans are made in', () => {
    expect(
      elementsOf(
        map('ports4', [timed(key('10.0.0.2', '198.51.100.7', 5000, 443), 42), '7277:10']),
        map('prefixes6', [timed(key('2001:db8:1::', { prefix: { addr: '2001:db8:2::', len: 48 } }), 42), '7277:fffe']),
        map('ranges4', [
          timed(key('10.0.0.2', '198.51.100.7', { range: [0, 65535] }, { range: [1000, 2000] }), 42),
          '7277:11',
        ]),
      ),
    ).toEqual([
      { map: 'ports4', key: '10.0.0.2 . 198.51.100.7 . 5000 . 443', minor: 0x10, endsAt: NOON + 42_500 },
      { map: 'prefixes6', key: '2001:db8:1:: . 2001:db8:2::/48', minor: 0xfffe, endsAt: NOON + 42_500 },
      { map: 'ranges4', key: '10.0.0.2 . 198.51.100.7 . 0-65535 . 1000-2000', minor: 0x11, endsAt: NOON + 42_500 },
    ])
  })

  it('spells IPv6 addresses as we do', () => {
    const [element] = elementsOf(map('addresses6', [timed(key('2001:db8:1::', '64:ff9b::192.0.2.33'), 1), '7277:10']))
    expect(element?.key).toBe('2001:db8:1:: . 64:ff9b::c000:221')
  })

  it('may hold what somebody else put there: for ever, or with a class that is none of ours', () => {
    expect(
      elementsOf(
        map('addresses4', [key('10.0.0.2', '198.51.100.7'), '7277:10']),
        map('addresses4', [timed(key('10.0.0.3', '198.51.100.7'), 1), '1:10']),
        map('addresses4', [timed(key('10.0.0.4', '198.51.100.7'), 1), '7277:2']),
        map('strangers', [timed(key('10.0.0.5', '198.51.100.7'), 1), '7277:10']),
      ).map(({ key: of, minor, endsAt }) => [of, minor, endsAt]),
    ).toEqual([
      ['10.0.0.2 . 198.51.100.7', 0x10, Number.MAX_SAFE_INTEGER],
      ['10.0.0.3 . 198.51.100.7', NOT_OURS, NOON + 1_500],
      ['10.0.0.4 . 198.51.100.7', NOT_OURS, NOON + 1_500],
    ])
  })

  it('shows marks, rules and who made the table', () => {
    const read = parseTable(
      table(
        { chain: { name: 'classify' } },
        { chain: { name: 'made_by_0123456789ab' } },
        { rule: {} },
        { rule: {} },
        map('marks4', ['7277:10', { goto: { target: 'cs4_4' } }]),
        map('marks6', ['7277:10', { goto: { target: 'cs4_6' } }]),
      ),
      NOON,
    )
    expect(read).toMatchObject({ fingerprint: 'made_by_0123456789ab', rules: 2 })
    expect(read.marks).toEqual(new Map([[0x10, 'cs4']]))
  })
})

describe('what tc shows', () => {
  const TEXT = `class htb 7277:10 parent 7277:1 leaf 10: prio 1 rate 2500Kbit ceil 10Mbit burst 3028b cburst 3028b
 Sent 12345 bytes 67 pkt (dropped 8, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
class htb 7277:1 root rate 10Mbit ceil 10Mbit burst 3028b cburst 3028b
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
class htb 7277:2 parent 7277:1 leaf 2: prio 7 rate 1Mbit ceil 10Mbit burst 3028b cburst 3028b
 Sent 5 bytes 1 pkt (dropped 0, overlimits 0 requeues 0)
class htb 7277:99 root prio 0 rate 1Gbit ceil 1Gbit burst 1b cburst 1b
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
class htb 1:10 parent 1:1 prio 0 rate 1Gbit ceil 1Gbit burst 1b cburst 1b
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
`

  it('is read with its counters and the length of its queues, and without what is none of ours', () => {
    const classes = parseClasses(TEXT, new Map([['7277:10', 15_140]]))
    expect([...classes.keys()]).toEqual([0x10, 0x1, 0x2])
    expect(classes.get(0x10)).toEqual({
      rateBps: 2_500_000,
      ceilBps: 10_000_000,
      priority: 1,
      limit: 15_140,
      counters: { bytes: 12_345, packets: 67, dropped: 8 },
    })
  })
})
