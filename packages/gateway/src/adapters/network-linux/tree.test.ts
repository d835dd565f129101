import type { BitsPerSecond } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DirectionQos, Qos } from '../../domain/profile.js'
import { classSpec, type Egress, everybodyLine, trunkLines } from './tree.js'

const LAN: Egress = { interface: 'lan0', capacityBps: 10_000_000, reservedBps: 1_000_000, mtu: 1_500, leaf: 'bfifo' }

const specOf = (direction: { guaranteed: number; maximum?: number }, qos: Partial<Qos> = {}, egress = LAN) =>
  classSpec(direction as DirectionQos, { priority: 20, ...qos } as Qos, egress)

describe('the class of a session', () => {
  it('has the guarantee for a rate and the maximum for a ceiling', () => {
    expect(specOf({ guaranteed: 2_000_000, maximum: 5_000_000 })).toMatchObject({
      rateBps: 2_000_000,
      ceilBps: 5_000_000,
    })
  })

  it('has the capacity of the link for a ceiling where the profile has no maximum, or a higher one', () => {
    expect(specOf({ guaranteed: 2_000_000 }).ceilBps).toBe(10_000_000)
    expect(specOf({ guaranteed: 0, maximum: 50_000_000 }).ceilBps).toBe(10_000_000)
  })

  it('has some rate where nothing is guaranteed, for HTB has no class without one', () => {
    expect(specOf({ guaranteed: 0 }).rateBps).toBe(8_000)
  })

  it('lets lower priorities of profiles go first, and everybody after all of them', () => {
    const priorities = [1, 2, 15, 16, 50, 99, 100].map((priority) => specOf({ guaranteed: 0 }, { priority }).priority)
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b))
    expect([priorities[0], priorities.at(-1)]).toEqual([0, 6])
    expect(trunkLines(LAN)[2]).toContain('prio 7')
  })

  it('lets as many bytes wait as its rate carries within the delay budget, and ten packets at least', () => {
    expect(specOf({ guaranteed: 8_000_000 }, { delayBudgetMs: 100 }).limit).toBe(100_000)
    expect(specOf({ guaranteed: 8_000_000 }).limit).toBe(50_000)
    expect(specOf({ guaranteed: 8_000 }).limit).toBe(15_140)
    expect(specOf({ guaranteed: 8_000_000 }, {}, { ...LAN, leaf: 'fq_codel' }).limit).toBe(0)
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

it('gives an interface its capacity, and everybody what is kept for them and what is left', () => {
  expect([...trunkLines(LAN), everybodyLine(LAN)]).toEqual([
    'qdisc replace dev lan0 root handle 7277: htb default 2',
    'class replace dev lan0 parent 7277: classid 7277:1 ' +
      'htb rate 10000000bit ceil 10000000bit prio 0 burst 5000 cburst 5000 quantum 1514',
    'class replace dev lan0 parent 7277:1 classid 7277:2 ' +
      'htb rate 1000000bit ceil 10000000bit prio 7 burst 3028 cburst 5000 quantum 1514',
    'qdisc replace dev lan0 parent 7277:2 handle 2: bfifo limit 125000',
  ])
})
