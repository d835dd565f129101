import { type ApplicationId, type Instant, instant } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type QueueId, queueOf } from '../domain/queue.js'
import type { Delivery, QueueClaim } from '../ports/store/events.js'
import { type Bounds, Queues, type Slot } from './queues.js'

const BOUNDS: Bounds = { perQueue: 4, perHost: 6, quick: 10, slow: 3 }
const now = instant(1_000_000)
const later = (ms: number) => instant(now + ms)
const queue = (application: string, host = 'sink.example') => queueOf(application as ApplicationId, host)

/** A queue in a store: as many deliveries as it says, all due. */
class Backlog {
  readonly queues = new Queues(BOUNDS)
  readonly waiting = new Map<QueueId, number>()
  readonly underWay: { queue: QueueId; slot: Slot }[] = []

  add(id: QueueId, count: number): this {
    this.waiting.set(id, (this.waiting.get(id) ?? 0) + count)
    this.queues.tell({ queue: id, at: now })
    return this
  }

  /** Claims all that is wanted, again and again. */
  pump(): void {
    while (this.claim().length > 0);
  }

  claim(): QueueClaim[] {
    const claims = this.queues.wanted(now)
    for (const { queue: id, limit } of claims) {
      const waiting = this.waiting.get(id) ?? 0
      const taken = Math.min(limit, waiting)
      this.waiting.set(id, waiting - taken)
      const deliveries = Array.from({ length: taken }, () => ({}) as Delivery)
      const slots = this.queues.claimed({ queue: id, deliveries, ...(waiting > taken && { nextAt: now }) }, now)
      this.underWay.push(...slots.map((slot) => ({ queue: id, slot })))
    }
    return claims
  }

  end(id: QueueId, answeredAfterMs: number | undefined): void {
    const index = this.underWay.findIndex((attempt) => attempt.queue === id)
    this.underWay.splice(index, 1)[0]?.slot.end(answeredAfterMs)
  }

  count(id?: QueueId): number {
    return this.underWay.filter((attempt) => id === undefined || attempt.queue === id).length
  }
}

describe('the queues of deliveries', () => {
  it('limit the attempts of one application to one host', () => {
    const backlog = new Backlog().add(queue('a'), 10_000)
    backlog.pump()
    expect(backlog.count()).toBe(4)
    expect(backlog.claim()).toEqual([])
    backlog.end(queue('a'), 5)
    backlog.pump()
    expect(backlog.count()).toBe(4)
  })

  it('limit the attempts of all applications to one host', () => {
    const backlog = new Backlog().add(queue('a'), 100).add(queue('b'), 100).add(queue('c'), 100)
    backlog.pump()
    expect(backlog.count()).toBe(6)
  })

  it('give every queue a turn if there are more deliveries than slots', () => {
    const hosts = ['1', '2', '3', '4', '5', '6'].map((name) => queue('a', name))
    const backlog = new Backlog()
    for (const id of hosts) backlog.add(id, 1_000)
    const begun = new Map<QueueId, number>()
    for (let round = 0; round < 60; round++) {
      backlog.pump()
      for (const { queue: id } of backlog.underWay.slice()) {
        begun.set(id, (begun.get(id) ?? 0) + 1)
        backlog.end(id, 5)
      }
    }
    const counts = hosts.map((id) => begun.get(id) ?? 0)
    expect(Math.min(...counts)).toBeGreaterThan(0.8 * Math.max(...counts))
  })

  it('keep the share of fast sinks, however many others are slow or dead', () => {
    const backlog = new Backlog()
    const dead = Array.from({ length: 20 }, (_, n) => queue('a', `dead${n}`))
    for (const id of dead) {
      backlog.add(id, 1_000)
      backlog.pump()
      while (backlog.count(id) > 0) backlog.end(id, undefined)
    }
    backlog.pump()
    expect(backlog.count()).toBe(BOUNDS.slow)
    backlog.add(queue('a', 'quick'), 1)
    backlog.pump()
    expect(backlog.count(queue('a', 'quick'))).toBe(1)
    expect(backlog.queues.stats()).toMatchObject({ underWay: { quick: 1, slow: 3 }, slow: 20 })
  })

  it('treat a sink as fast again as soon as it answers fast', () => {
    const backlog = new Backlog().add(queue('a'), 100)
    backlog.pump()
    backlog.end(queue('a'), 5_000)
    expect(backlog.queues.state(queue('a'))).toEqual({ slow: true, underWay: 3 })
    backlog.end(queue('a'), 20)
    expect(backlog.queues.state(queue('a'))).toEqual({ slow: false, underWay: 2 })
  })

  it('claim nothing before it is due, and say when to look again', () => {
    const queues = new Queues(BOUNDS)
    queues.tell({ queue: queue('a'), at: later(500) })
    queues.tell({ queue: queue('b'), at: later(200) })
    expect(queues.wanted(now)).toEqual([])
    expect(queues.nextAt).toBe(later(200))
    expect(queues.wanted(later(200)).map((claim) => claim.queue)).toEqual([queue('b')])
    expect(queues.nextAt).toBe(later(500))
  })

  it('do not miss a hint while a claim is under way', () => {
    const queues = new Queues(BOUNDS)
    queues.tell({ queue: queue('a'), at: now })
    expect(queues.wanted(now)).toHaveLength(1)
    queues.tell({ queue: queue('a'), at: now })
    queues.claimed({ queue: queue('a'), deliveries: [] }, now)
    expect(queues.wanted(now)).toHaveLength(1)
  })

  it('do not repeat a claim for deliveries that another gateway holds', () => {
    const queues = new Queues(BOUNDS)
    queues.tell({ queue: queue('a'), at: now })
    expect(queues.wanted(now)).toHaveLength(1)
    queues.claimed({ queue: queue('a'), deliveries: [], nextAt: now }, now)
    expect(queues.wanted(now)).toEqual([])
  })

  it('never exceed a limit and never leave a slot unused, whatever happens', () => {
    const ids = ['a', 'b', 'c'].flatMap((application) => ['x', 'y', 'z'].map((host) => queue(application, host)))
    const step = fc.record({
      queue: fc.constantFrom(...ids),
      add: fc.nat({ max: 8 }),
      ends: fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom<(number | undefined)[]>(5, 2_000, undefined)), {
        maxLength: 8,
      }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const backlog = new Backlog()
        for (const { queue: id, add, ends } of steps) {
          for (const [ended, ms] of ends) if (backlog.count(ended) > 0) backlog.end(ended, ms)
          if (add > 0) backlog.add(id, add)
          backlog.pump()
          const ofHost = (host: string) =>
            backlog.underWay.filter((attempt) => attempt.queue.endsWith(` ${host}`)).length
          for (const each of ids) expect(backlog.count(each)).toBeLessThanOrEqual(BOUNDS.perQueue)
          for (const host of ['x', 'y', 'z']) expect(ofHost(host)).toBeLessThanOrEqual(BOUNDS.perHost)
          const { underWay } = backlog.queues.stats()
          expect(underWay.quick).toBeLessThanOrEqual(BOUNDS.quick)
          expect(underWay.slow).toBeLessThanOrEqual(BOUNDS.slow)
          for (const [waitingIn, count] of backlog.waiting) {
            if (count === 0) continue
            const { slow } = backlog.queues.state(waitingIn)
            const room = Math.min(
              BOUNDS.perQueue - backlog.count(waitingIn),
              BOUNDS.perHost - ofHost(waitingIn.split(' ')[1] as string),
              slow ? BOUNDS.slow - underWay.slow : BOUNDS.quick - underWay.quick,
            )
            expect(room).toBe(0)
          }
        }
      }),
    )
  })

  it('forget a queue with nothing waiting and nothing under way', () => {
    const backlog = new Backlog().add(queue('a'), 1)
    backlog.pump()
    backlog.end(queue('a'), undefined)
    expect(backlog.queues.stats()).toEqual({ underWay: { quick: 0, slow: 0 }, held: 0, slow: 0 })
    expect(backlog.queues.nextAt as Instant | undefined).toBeUndefined()
  })
})
