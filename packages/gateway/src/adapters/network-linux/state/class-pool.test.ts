import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIRST_HANDLE, FIRST_MINOR, LAST_HANDLE, LAST_MINOR, minorAt } from '../plan/names.js'
import { ClassPool, type Pair } from './class-pool.js'

const pair = (rateBps: number): Pair => {
  const leaf = { kind: 'bfifo', attributes: { limit: 15_140 } }
  const spec = { rateBps, ceilBps: 10_000_000, priority: 1, burst: 3_028, cburst: 5_000, quantum: 1_514, leaf }
  return { downlink: spec, uplink: spec }
}

/** A pool with this many free classes. */
function stocked(count: number, of: Pair = pair(8_000)): ClassPool {
  const pool = new ClassPool(10_000)
  pool.made(pool.missing('lan0', count), of)
  return pool
}

describe('a pool of classes', () => {
  it('prefers a class that already has the wanted rates: it needs no change', () => {
    const pool = stocked(4)
    const first = pool.take('lan0', pair(1_000_000))
    expect(first?.pair).toEqual(pair(8_000))
    pool.giveBack({ minor: first?.minor as number, pair: pair(1_000_000) })
    expect(pool.take('lan0', pair(8_000))?.minor).not.toBe(first?.minor)
    expect(pool.take('lan0', pair(1_000_000))).toEqual({ minor: first?.minor, pair: pair(1_000_000) })
  })

  it('creates one if none is free, up to its limit', () => {
    const pool = new ClassPool(2)
    expect(pool.take('lan0', pair(1))).toEqual({ minor: FIRST_MINOR, pair: undefined })
    expect(pool.take('lan0', pair(1))).toEqual({ minor: minorAt(1), pair: undefined })
    expect(pool.take('lan0', pair(1))).toBeUndefined()
    pool.giveBack({ minor: FIRST_MINOR, pair: pair(1) })
    expect(pool.take('lan0', pair(2))?.minor).toBe(FIRST_MINOR)
  })

  it('keeps some free besides those in use, and never creates one twice', () => {
    const pool = stocked(16)
    const missing = pool.missing('lan0', 1_000)
    expect(missing).toHaveLength(128 - 16)
    expect(missing.filter((minor) => pool.missing('lan0', 1_000).includes(minor))).toEqual([])
  })

  it('is refilled when it is half empty, until it is full', () => {
    const pool = stocked(128, pair(1))
    const isFull = () => expect(pool.missing('lan0', 1_000)).toEqual([])
    isFull()
    for (let n = 0; n < 63; n++) pool.take('lan0', pair(1))
    isFull()
    pool.take('lan0', pair(1))
    pool.made(pool.missing('lan0', 32), pair(1))
    expect(pool.ready).toBe(96)
    pool.made(pool.missing('lan0', 1_000), pair(1))
    expect(pool.ready).toBe(128)
    isFull()
    pool.take('lan0', pair(1))
    isFull()
  })

  it('forgets classes that could not be created, and tries their minors again', () => {
    const pool = new ClassPool(100)
    const missing = pool.missing('lan0', 3)
    pool.made(missing, undefined)
    expect(pool.ready).toBe(0)
    expect(pool.missing('lan0', 3)).toEqual(missing)
  })

  it('assigns no minor that would bypass HTB, that is a handle of ours, or that exceeds ffff', () => {
    const pool = new ClassPool(100_000)
    const all = pool.missing('lan0', 100_000).length
    const minors = new Set<number>()
    for (let taken = pool.take('lan0', pair(1)); taken !== undefined; taken = pool.take('lan0', pair(1))) {
      minors.add(taken.minor)
    }
    for (let handle = FIRST_HANDLE; handle <= LAST_HANDLE; handle++) expect(minors.has(handle)).toBe(false)
    expect(Math.min(...minors)).toBeGreaterThanOrEqual(FIRST_MINOR)
    expect(Math.max(...minors)).toBe(LAST_MINOR)
    expect(minors.size).toBe(LAST_MINOR - FIRST_MINOR + 1 - (LAST_HANDLE - FIRST_HANDLE + 1) - all)
  })

  it('has room for 48 000 sessions in minors that no qdisc below takes for a low priority [pkt_sched.h, prio2band]', () => {
    const pool = new ClassPool(100_000)
    const lastBits = new Set(pool.missing('lan0', 48_000).map((minor) => minor & 0xf))
    expect([...lastBits].sort((a, b) => a - b)).toEqual([0, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })

  it('knows after a restart which were in use, and takes others in the kernel for free', () => {
    const pool = new ClassPool(100)
    pool.claim(0x20, 'lan0')
    pool.add(0x20, 'lan0', pair(1))
    pool.add(0x21, 'lan0', pair(1))
    expect([pool.inUse, pool.ready]).toEqual([1, 1])
    expect(pool.take('lan0', pair(1))?.minor).toBe(0x21)
  })

  it('assigns a minor to one device interface at a time', () => {
    const pool = stocked(1)
    const other = pool.take('lan1', pair(1))
    expect(other?.minor).not.toBe(pool.take('lan0', pair(1))?.minor)
  })

  it('never has one minor in use twice, in any sequence of take, give back, loss and discovery [property]', () => {
    const call = fc.constantFrom('take', 'giveBack', 'lose', 'grow', 'forget')
    fc.assert(
      fc.property(fc.array(fc.tuple(call, fc.constantFrom('lan0', 'lan1'), fc.nat(3)), { maxLength: 80 }), (calls) => {
        const pool = new ClassPool(40)
        const used: number[] = []
        for (const [what, device, rate] of calls) {
          if (what === 'take') {
            const taken = pool.take(device, pair(rate))
            if (taken === undefined) continue
            expect(used).not.toContain(taken.minor)
            used.push(taken.minor)
          } else if (what === 'giveBack' || what === 'lose') {
            const minor = used.shift()
            if (minor !== undefined) pool.giveBack({ minor, pair: what === 'lose' ? undefined : pair(rate) })
          } else if (what === 'grow') {
            pool.made(pool.missing(device, 8), pair(rate))
          } else {
            pool.forgetFree(device)
          }
          expect(pool.inUse).toBe(used.length)
          expect(pool.inUse + pool.ready).toBeLessThanOrEqual(40)
        }
      }),
    )
  })
})
