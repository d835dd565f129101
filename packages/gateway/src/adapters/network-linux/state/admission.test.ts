import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Egress } from '../plan/egress.js'
import { Admission } from './admission.js'

const link = (name: string, capacityBps: number, reservedBps: number): Egress => ({
  interface: name,
  handle: '7278',
  capacityBps,
  reservedBps,
  mtu: 1_500,
  gsoMaxSize: 65_536,
  leaf: 'bfifo',
})

describe('admission', () => {
  it('guarantees the capacity less the reserved share of the default class, and says what is left', () => {
    const admission = new Admission([link('lan0', 10_000_000, 1_000_000)])
    expect(admission.objection('lan0', 9_000_000)).toBeUndefined()
    admission.add('lan0', 8_000_000)
    expect(admission.objection('lan0', 1_000_001)).toBe(
      'lan0 can guarantee 1000000 bit/s more, but 1000001 bit/s were requested',
    )
    admission.remove('lan0', 500_000)
    expect(admission.objection('lan0', 1_000_001)).toBeUndefined()
  })

  it('admits a session without a guarantee even if the guarantees exceed a capacity that was lowered', () => {
    const admission = new Admission([link('lan0', 1_000, 0)])
    admission.add('lan0', 2_000)
    expect(admission.objection('lan0', 0)).toBeUndefined()
    expect(admission.objection('lan0', 1)).toBeDefined()
  })

  it('never guarantees more than the capacity, and refuses nothing that fits [property]', () => {
    const call = fc.record({ link: fc.constantFrom('lan0', 'wan0'), bps: fc.nat(4_000), leaves: fc.boolean() })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        const admission = new Admission([link('lan0', 10_000, 1_000), link('wan0', 5_000, 0)])
        const held: Record<string, number[]> = { lan0: [], wan0: [] }
        for (const { link: name, bps, leaves } of calls) {
          const all = held[name] as number[]
          const { guaranteeableBps } = admission.of(name)
          const sum = all.reduce((total, one) => total + one, 0)
          const refused = admission.objection(name, bps) !== undefined
          expect(refused).toBe(bps > 0 && sum + bps > guaranteeableBps)
          if (!refused) {
            all.push(bps)
            admission.add(name, bps)
          }
          if (leaves) admission.remove(name, all.shift() ?? 0)
          expect(admission.of(name).guaranteedBps).toBe(all.reduce((total, one) => total + one, 0))
          expect(admission.of(name).guaranteedBps).toBeLessThanOrEqual(guaranteeableBps)
        }
      }),
    )
  })
})
