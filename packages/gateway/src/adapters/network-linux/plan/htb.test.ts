import type { BitsPerSecond } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DirectionQos, Qos } from '../../../domain/profile.js'
import type { Egress } from './egress.js'
import { asWanted, type ClassSpec, classOperations, classSpec, ownClasses } from './htb.js'
import type { Leaf } from './leaf.js'
import { render } from './render.js'

const LAN: Egress = {
  interface: 'lan0',
  handle: '7277',
  capacityBps: 10_000_000,
  reservedBps: 1_000_000,
  mtu: 1_500,
  gsoMaxSize: 65_536,
  leaf: 'bfifo',
}

const classLines = (...args: Parameters<typeof classOperations>): string[] => classOperations(...args).map(render)

const specOf = (direction: { guaranteed: number; maximum?: number }, qos: Partial<Qos> = {}, egress = LAN) =>
  classSpec(direction as DirectionQos, { priority: 20, ...qos } as Qos, egress)

describe('the class of a session', () => {
  it('has the guarantee as its rate and the maximum as its ceiling', () => {
    expect(specOf({ guaranteed: 2_000_000, maximum: 5_000_000 })).toMatchObject({
      rateBps: 2_000_000,
      ceilBps: 5_000_000,
    })
  })

  it('has the capacity of the link as its ceiling if the profile has no maximum, or a higher one', () => {
    expect(specOf({ guaranteed: 2_000_000 }).ceilBps).toBe(10_000_000)
    expect(specOf({ guaranteed: 0, maximum: 50_000_000 }).ceilBps).toBe(10_000_000)
  })

  it('has some rate even without a guarantee, because HTB requires one', () => {
    expect(specOf({ guaranteed: 0 }).rateBps).toBe(8_000)
  })

  it('is served by the priority of its profile, lower ones first, and before the default class', () => {
    const priorities = [1, 2, 15, 16, 50, 99, 100].map((priority) => specOf({ guaranteed: 0 }, { priority }).priority)
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b))
    expect([priorities[0], priorities.at(-1)]).toEqual([0, 6])
    expect(ownClasses(LAN).get(2)?.priority).toBe(7)
  })

  it('has a queue for its ceiling within the delay budget, and for at least a few large packets', () => {
    const limitOf = (...args: Parameters<typeof specOf>) => specOf(...args).leaf?.attributes['limit']
    const fast = { ...LAN, capacityBps: 100_000_000 }
    expect(limitOf({ guaranteed: 8_000 }, { delayBudgetMs: 100 }, fast)).toBe(1_250_000)
    expect(limitOf({ guaranteed: 8_000_000 }, {}, fast)).toBe(625_000)
    expect(limitOf({ guaranteed: 8_000, maximum: 8_000 }, { delayBudgetMs: 1 })).toBe(4 * 65_536)
    expect(limitOf({ guaranteed: 8_000 }, { delayBudgetMs: 1 }, { ...fast, gsoMaxSize: 185_000 })).toBe(740_000)
  })

  it('never has a queue that exceeds the limit of a qdisc, whatever the delay budget', () => {
    const slow = { delayBudgetMs: 86_400_000 }
    for (const leaf of ['bfifo', 'fq_codel'] as const) {
      const { attributes } = specOf({ guaranteed: 1e12 }, slow, { ...LAN, capacityBps: 1e12, leaf }).leaf as Leaf
      expect(Math.max(...Object.values(attributes).map(Number))).toBeLessThan(2 ** 32)
    }
  })

  it('has fq_codel if the kernel has it, with a target that one packet can meet', () => {
    const egress: Egress = { ...LAN, leaf: 'fq_codel' }
    const leafOf = (guaranteed: number) => specOf({ guaranteed }, {}, egress).leaf
    expect(leafOf(2_000_000)).toEqual({
      kind: 'fq_codel',
      attributes: {
        limit: 1_000,
        flows: 16,
        quantum: 1_514,
        target: 9_084,
        interval: 100_000,
        memory_limit: 33_554_432,
        drop_batch: 64,
        ecn: true,
      },
    })
    expect(leafOf(10_000_000)?.attributes['target']).toBe(5_000)
    expect(leafOf(0)?.attributes['target']).toBe(100_000)
  })

  it('never has a ceiling below its rate [property]', () =>
    fc.assert(
      fc.property(fc.nat(20_000_000), fc.option(fc.nat(20_000_000), { nil: undefined }), (guaranteed, maximum) => {
        const { rateBps, ceilBps } = specOf({ guaranteed, ...(maximum !== undefined && { maximum }) })
        expect(ceilBps).toBeGreaterThanOrEqual(rateBps)
        expect(rateBps).toBeGreaterThanOrEqual(guaranteed as BitsPerSecond)
      }),
    ))
})

it('gives the root class the capacity, and the default class its reserved share and what is left', () => {
  expect([...ownClasses(LAN)].flatMap(([minor, spec]) => classLines(minor, spec, LAN))).toEqual([
    'class replace dev lan0 parent 7277: classid 7277:1 ' +
      'htb rate 10000000bit ceil 10000000bit prio 0 burst 5000 cburst 5000 quantum 1514',
    'class replace dev lan0 parent 7277:1 classid 7277:2 ' +
      'htb rate 1000000bit ceil 10000000bit prio 7 burst 3028 cburst 5000 quantum 1514',
    'qdisc replace dev lan0 parent 7277:2 handle 2: bfifo limit 262144',
  ])
})

describe('an existing leaf', () => {
  const WAN: Egress = { ...LAN, interface: 'wan0', leaf: 'fq_codel' }
  const wanted = specOf({ guaranteed: 2_000_000 }, {}, WAN)
  const said = (attributes: Readonly<Record<string, number | boolean>>, kind = 'fq_codel') =>
    classLines(0x10, wanted, WAN, {
      ...wanted,
      leaf: { kind, attributes: { ...wanted.leaf?.attributes, ...attributes } },
    })
  const place = 'dev wan0 parent 7277:10'

  it('is changed only in differing attributes: fq_codel does not accept another number of flows', () => {
    expect(said({ limit: 10_240 })).toEqual([`qdisc change ${place} handle 10: fq_codel limit 1000`])
    expect(said({ target: 99_999, ecn: false })).toEqual([
      `qdisc change ${place} handle 10: fq_codel target 9084us ecn`,
    ])
  })

  it('counts as equal although the kernel rounds times', () => {
    expect(said({ target: 9_083, interval: 99_999 })).toEqual([])
  })

  it.each([
    ['of another kind', said({}, 'bfifo')],
    ['under another handle', said({}, 'fq_codel 8003:')],
    ['with another number of flows', said({ flows: 1_024 })],
    ['with a threshold that cannot be taken back', said({ ce_threshold: 1_000 })],
  ])('is created anew: one %s', (_, lines) => {
    expect(lines).toEqual([
      `qdisc del ${place}`,
      `qdisc replace ${place} handle 10: fq_codel limit 1000 flows 16 quantum 1514 target 9084us interval 100000us ` +
        'memory_limit 33554432 drop_batch 64 ecn',
    ])
  })
})

describe('an existing class', () => {
  const wanted = specOf({ guaranteed: 1_234_567, maximum: 5_000_000 })
  const found = (more: Partial<ClassSpec>): ClassSpec => ({ ...wanted, ...more })

  it('counts as equal if tc has truncated digits', () => {
    const shown = found({ rateBps: 1_234_000, cburst: wanted.cburst - 1 })
    expect(asWanted(shown, wanted)).toEqual(wanted)
  })

  it.each<[string, Partial<ClassSpec>]>([
    ['rate', { rateBps: 1_300_000 }],
    ['ceiling', { ceilBps: 6_000_000 }],
    ['priority', { priority: 7 }],
    ['burst', { burst: 1_600 }],
    ['burst at the ceiling', { cburst: 1_600 }],
    ['quantum', { quantum: 1_515 }],
    ['way of counting sizes', { sizing: 'overhead 14' }],
  ])('is changed where it has another %s', (_, more) => {
    const lines = classLines(0x10, wanted, LAN, asWanted(found(more), wanted))
    expect(lines).toEqual([expect.stringMatching(/^class replace dev lan0 parent 7277:1 classid 7277:10 htb /)])
  })
})
