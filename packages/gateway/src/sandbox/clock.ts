import { type Instant, instant } from '@rightofway/camara'
import type { Alarm, Clock } from '../ports/clock.js'

/** Where the offset outlives the process. */
export interface OffsetKeeper {
  load(): Promise<number>
  /** Resolves once the offset is durable: only then does the clock show it. */
  save(offsetMs: number): Promise<void>
}

interface Waiting {
  readonly at: Instant
  readonly ring: () => void
}

/**
 * A clock that can be moved forward by hand, and otherwise runs with the machine's. Moving it goes from alarm to alarm:
 * at each one everything that fell due is done, and has settled, before time goes on.
 */
export class SandboxClock implements Clock {
  readonly #base: Clock
  readonly #keeper: OffsetKeeper
  readonly #alarms = new Map<Waiting, Alarm>()
  #offsetMs: number
  #busy = 0
  #whenIdle: (() => void)[] = []
  #moving: Promise<unknown> = Promise.resolve()

  private constructor(base: Clock, keeper: OffsetKeeper, offsetMs: number) {
    this.#base = base
    this.#keeper = keeper
    this.#offsetMs = offsetMs
  }

  /** @param base the clock that this one is ahead of */
  static async start(base: Clock, keeper: OffsetKeeper): Promise<SandboxClock> {
    return new SandboxClock(base, keeper, await keeper.load())
  }

  now(): Instant {
    return instant(this.#base.now() + this.#offsetMs)
  }

  alarm(at: Instant, ring: () => void): Alarm {
    const waiting: Waiting = {
      at,
      ring: () => {
        this.#alarms.delete(waiting)
        ring()
      },
    }
    this.#arm(waiting)
    return {
      cancel: () => {
        this.#alarms.get(waiting)?.cancel()
        this.#alarms.delete(waiting)
      },
    }
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    // Work is tracked when it has been begun: a moment after it may have come here.
    await undefined
    if (this.#busy === 0) throw new Error('sleep is for work that is being tracked')
    if (signal?.aborted) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        alarm.cancel()
        signal?.removeEventListener('abort', wake)
        this.#busy++
        resolve()
      }
      const alarm = this.alarm(instant(this.now() + ms), wake)
      signal?.addEventListener('abort', wake)
      this.#done()
    })
  }

  async track<T>(work: Promise<T>): Promise<T> {
    this.#busy++
    try {
      return await work
    } finally {
      this.#done()
    }
  }

  /**
   * Moves the clock to `target`, and returns when all that fell due on the way has settled. Moves asked for at the same
   * time follow one another.
   * @throws {RangeError} `target` lies in the past: promises were made in the time since
   */
  moveTo(target: Instant): Promise<Instant> {
    return this.#next(() => {
      if (target < this.now()) {
        throw new RangeError(`${new Date(target).toISOString()} has passed: the clock only moves forward`)
      }
      return target
    })
  }

  /** As {@link moveTo}, by so many milliseconds, counted from when its turn has come. */
  moveBy(ms: number): Promise<Instant> {
    return this.#next(() => instant(this.now() + ms))
  }

  /** As {@link moveTo}, to the next alarm; nowhere, if there is none. */
  moveToNextAlarm(): Promise<Instant> {
    return this.#next(() => this.nextAlarm() ?? this.now())
  }

  /** When the next alarm rings; undefined if there is none. */
  nextAlarm(): Instant | undefined {
    let next: Instant | undefined
    for (const { at } of this.#alarms.keys()) if (next === undefined || at < next) next = at
    return next
  }

  #next(targetOf: () => Instant): Promise<Instant> {
    const move = this.#moving.then(() => this.#move(targetOf()))
    this.#moving = move.catch(() => undefined)
    return move
  }

  async #move(target: Instant): Promise<Instant> {
    try {
      await this.#settled()
      for (let next = this.nextAlarm(); next !== undefined && next <= target; next = this.nextAlarm()) {
        await this.#stepTo(next)
        for (const waiting of [...this.#alarms.keys()]) {
          if (waiting.at > this.now() || !this.#alarms.has(waiting)) continue
          this.#alarms.get(waiting)?.cancel()
          waiting.ring()
        }
        await this.#settled()
      }
      await this.#stepTo(target)
    } finally {
      for (const waiting of this.#alarms.keys()) this.#arm(waiting)
    }
    return this.now()
  }

  /** Shows what is saved, and nothing else: a clock that went back at a restart would break promises. */
  async #stepTo(at: Instant): Promise<void> {
    const offsetMs = at - this.#base.now()
    if (offsetMs <= this.#offsetMs) return
    await this.#keeper.save(offsetMs)
    this.#offsetMs = offsetMs
  }

  /** Real time goes on between moves, and rings what it reaches. */
  #arm(waiting: Waiting): void {
    this.#alarms.get(waiting)?.cancel()
    this.#alarms.set(waiting, this.#base.alarm(instant(waiting.at - this.#offsetMs), waiting.ring))
  }

  #done(): void {
    if (--this.#busy > 0) return
    const resume = this.#whenIdle
    this.#whenIdle = []
    for (const wake of resume) wake()
  }

  /** Until nothing is being worked on, and a turn later nothing has been started either. */
  async #settled(): Promise<void> {
    for (;;) {
      if (this.#busy > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
      await new Promise(setImmediate)
      if (this.#busy === 0) return
    }
  }
}
