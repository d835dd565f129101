// How many deliveries may be under way, and which queue is next. Limits separate a slow or dead sink from all
// others: its due deliveries stay in the store until there is a slot.

import { type Instant, instant } from '@rightofway/camara'
import { type QueueId, type QueueState, type QueueStats, queueHost } from '../domain/queue.js'
import type { ClaimedQueue, DueQueue, QueueClaim } from '../ports/store/events.js'

/** Attempts under way at once. */
export interface Bounds {
  /** Of one application to one host. */
  readonly perQueue: number
  /** Of all applications to one host. */
  readonly perHost: number
  /** In queues whose sinks answer at once. */
  readonly quick: number
  /** In all other queues together, so that the fast ones keep their share. */
  readonly slow: number
}

export const BOUNDS: Bounds = { perQueue: 16, perHost: 64, quick: 512, slow: 512 }

/** A sink that took longer to answer, or did not answer, is slow until it answers faster. Milliseconds of real time. */
export const SLOW_MS = 1_000

interface Counter {
  underWay: number
}

interface Host extends Counter {
  readonly name: string
  /** The number of queues to this host. */
  queues: number
}

interface Queue extends Counter {
  readonly id: QueueId
  readonly host: Host
  slow: boolean
  /** When the next attempt is due, as far as is known; undefined: none is. */
  dueAt: Instant | undefined
}

/** A slot of an attempt, until it has ended. */
export interface Slot {
  /** @param answeredAfterMs how long the sink took, in real time; undefined if it did not answer */
  end(answeredAfterMs: number | undefined): void
}

const NEVER = instant(Number.POSITIVE_INFINITY)

export class Queues {
  readonly #bounds: Bounds
  readonly #queues = new Map<QueueId, Queue>()
  readonly #hosts = new Map<string, Host>()
  readonly #pools = { quick: { underWay: 0 }, slow: { underWay: 0 } }
  /** Queues with something due, in the order of their turns. */
  readonly #due = new Set<Queue>()
  /** Queues with something due later. */
  readonly #later = new Set<Queue>()
  /** No queue of `#later` is due before. */
  #earliest = NEVER

  constructor(bounds: Bounds = BOUNDS) {
    this.#bounds = bounds
  }

  /** Reports that a delivery of this queue is due at that time. */
  tell({ queue: id, at }: DueQueue): void {
    this.#hear(this.#queue(id), at)
  }

  /**
   * What to claim now: from every queue with due deliveries as many as there are slots, in equal shares. Ask again
   * until it is nothing: other queues may leave part of their share.
   */
  wanted(now: Instant): QueueClaim[] {
    this.#wake(now)
    const { perQueue, perHost } = this.#bounds
    const room = {
      quick: this.#bounds.quick - this.#pools.quick.underWay,
      slow: this.#bounds.slow - this.#pools.slow.underWay,
    }
    const share = { quick: 0, slow: 0 }
    for (const { slow } of this.#due) share[slow ? 'slow' : 'quick']++
    share.quick = Math.max(1, Math.floor(room.quick / share.quick))
    share.slow = Math.max(1, Math.floor(room.slow / share.slow))
    const taken = new Map<Host, number>()
    const claims: QueueClaim[] = []
    for (const queue of this.#due) {
      const { host } = queue
      const pool = queue.slow ? 'slow' : 'quick'
      const ofHost = taken.get(host) ?? 0
      const limit = Math.min(perQueue - queue.underWay, perHost - host.underWay - ofHost, room[pool], share[pool])
      if (limit <= 0) continue
      room[pool] -= limit
      taken.set(host, ofHost + limit)
      // Hints that come from now on are not in the answer to this claim.
      queue.dueAt = undefined
      claims.push({ queue: queue.id, limit })
    }
    return claims
  }

  /**
   * The answer to a claim that {@link wanted} asked for.
   * @returns a slot for every delivery: the attempts count as begun
   */
  claimed({ queue: id, deliveries, nextAt }: ClaimedQueue, now: Instant): Slot[] {
    const queue = this.#queue(id)
    const slots = deliveries.map(() => this.#begin(queue))
    // Its next turn comes after all others.
    this.#due.delete(queue)
    // Due, but not returned although there were slots: another gateway has claimed it, and sends a hint.
    if (nextAt !== undefined && (deliveries.length > 0 || nextAt > now)) this.#hear(queue, nextAt)
    if (queue.dueAt !== undefined) this.#putOff(queue, queue.dueAt)
    this.#forgetIdle(queue)
    return slots
  }

  #begin(queue: Queue): Slot {
    const counters: readonly Counter[] = [queue, queue.host, this.#pools[queue.slow ? 'slow' : 'quick']]
    for (const counter of counters) counter.underWay++
    return {
      end: (answeredAfterMs) => {
        for (const counter of counters) counter.underWay--
        queue.slow = answeredAfterMs === undefined || answeredAfterMs > SLOW_MS
        this.#forgetIdle(queue)
      },
    }
  }

  /** When {@link wanted} may have more to say, if no attempt ends before. */
  get nextAt(): Instant | undefined {
    return this.#earliest === NEVER ? undefined : this.#earliest
  }

  /** Of one queue: whether its sinks are slow or do not answer, and how many attempts are under way. */
  state(id: QueueId): QueueState {
    const { slow = false, underWay = 0 } = this.#queues.get(id) ?? {}
    return { slow, underWay }
  }

  stats(): QueueStats {
    let slow = 0
    for (const queue of this.#queues.values()) if (queue.slow) slow++
    const { quick, slow: slowPool } = this.#pools
    return { underWay: { quick: quick.underWay, slow: slowPool.underWay }, held: this.#due.size, slow }
  }

  #hear(queue: Queue, at: Instant): void {
    if (queue.dueAt !== undefined && queue.dueAt <= at) return
    queue.dueAt = at
    if (!this.#due.has(queue)) this.#putOff(queue, at)
  }

  #putOff(queue: Queue, at: Instant): void {
    this.#later.add(queue)
    if (at < this.#earliest) this.#earliest = at
  }

  /** Looks through the waiting queues only when one of them may be due. */
  #wake(now: Instant): void {
    if (now < this.#earliest) return
    this.#earliest = NEVER
    for (const queue of this.#later) {
      const dueAt = queue.dueAt ?? now
      if (dueAt <= now) {
        this.#later.delete(queue)
        this.#due.add(queue)
      } else if (dueAt < this.#earliest) {
        this.#earliest = dueAt
      }
    }
  }

  #queue(id: QueueId): Queue {
    const known = this.#queues.get(id)
    if (known !== undefined) return known
    const name = queueHost(id)
    const host = this.#hosts.get(name) ?? { name, queues: 0, underWay: 0 }
    host.queues++
    this.#hosts.set(name, host)
    const queue: Queue = { id, host, underWay: 0, slow: false, dueAt: undefined }
    this.#queues.set(id, queue)
    return queue
  }

  #forgetIdle(queue: Queue): void {
    if (queue.underWay > 0 || queue.dueAt !== undefined || this.#due.has(queue)) return
    if (!this.#queues.delete(queue.id)) return
    queue.host.queues--
    if (queue.host.queues === 0) this.#hosts.delete(queue.host.name)
  }
}
