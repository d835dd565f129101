import { instant } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { NOON } from '../../../domain/session.fixture.js'
import { NOT_OURS } from '../plan/plan.js'
import { scriptedTools } from '../scripted-tools.fixture.js'
import { KernelExec } from './exec.js'
import { parseTable, readTable } from './read-table.js'

const table = (...things: readonly object[]): string => JSON.stringify({ nftables: [{ metainfo: {} }, ...things] })
const map = (name: string, ...elem: readonly unknown[]) => ({ map: { name, elem } })
const key = (...concat: readonly unknown[]) => ({ concat })
const timed = (of: object, expires: number) => ({ elem: { val: of, timeout: 60, expires } })

const elementsOf = (...things: readonly object[]) => [...parseTable(table(...things), NOON).elements.values()]

describe("nft's listing", () => {
  it('is read into the types of plans', () => {
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

  it('is as of the middle of the listing, with a tolerance of half its duration', async () => {
    let now: number = NOON
    const exec = new KernelExec(
      scriptedTools(() => {
        now += 2_501
        return { stdout: table(map('addresses4', [timed(key('10.0.0.2', '198.51.100.7'), 42), '7277:10'])) }
      }),
    )
    const read = await readTable(exec, () => instant(now))
    expect(read?.uncertaintyMs).toBe(1_251)
    expect([...(read?.elements.values() ?? [])].map(({ endsAt }) => endsAt)).toEqual([NOON + 1_250 + 42_500])
  })

  it('spells IPv6 addresses as we do', () => {
    const [element] = elementsOf(map('addresses6', [timed(key('2001:db8:1::', '64:ff9b::192.0.2.33'), 1), '7277:10']))
    expect(element?.key).toBe('2001:db8:1:: . 64:ff9b::c000:221')
  })

  it('may contain foreign elements: without a timeout, or with a class that is not ours', () => {
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

  it('has marks, rules and the owner of the table', () => {
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
