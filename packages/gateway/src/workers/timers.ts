// Ends what is due. The store is the truth; this is its alarm clock, and it sleeps until the next timer.

import type { Instant } from '@rightofway/camara'
import type { Alarm, Clock } from '../ports/clock.js'
import type { Store, Stored } from '../ports/store.js'
import { fireTimer } from '../usecases/fire-timer.js'
import type { Log } from './log.js'

/** Timers fired in one go, so that their commits share an fsync. */
const BATCH = 500
/** A claim not honoured by then (real time) is anybody's. */
const LEASE_MS = 30_000
/** After a failure of the store; by the clock. */
const RETRY_MS = 1_000

export interface TimersDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Told of every timer: by how many milliseconds it was late. */
  readonly onFired?: (latenessMs: number) => void
}

export class Timers {
  readonly #deps: TimersDeps
  #alarm: { at: Instant; alarm: Alarm } | undefined
  #unwatch: () => void = () => undefined
  #running: Promise<void> | undefined
  #stopped = false

  constructor(deps: TimersDeps) {
    this.#deps = deps
  }

  /** Overdue timers fire at once. */
  async start(): Promise<void> {
    const { store } = this.#deps
    this.#unwatch = store.work.watchWork(({ timer }) => {
      if (timer !== undefined) this.#setAlarm(timer)
    })
    const next = await store.work.nextTimer()
    if (next !== undefined) this.#setAlarm(next)
  }

  /** Resolves when what had begun is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#alarm?.alarm.cancel()
    await this.#running
  }

  #setAlarm(at: Instant): void {
    if (this.#stopped || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.alarm.cancel()
    const { clock } = this.#deps
    const alarm = clock.alarm(at, () => {
      this.#alarm = undefined
      // A run that is under way ends by looking for the next timer, and finds this one.
      this.#running ??= clock.track(this.#run()).finally(() => {
        this.#running = undefined
      })
    })
    this.#alarm = { at, alarm }
  }

  async #run(): Promise<void> {
    const { store, clock, log } = this.#deps
    try {
      while (!this.#stopped) {
        const due = await store.work.claimTimers(clock.now(), BATCH, LEASE_MS)
        if (due.length === 0) break
        await Promise.all(due.map((stored) => this.#fire(stored)))
      }
      const next = await store.work.nextTimer()
      if (next !== undefined) this.#setAlarm(next)
    } catch (error) {
      log.error({ err: error }, 'timers could not be read: trying again')
      this.#setAlarm((clock.now() + RETRY_MS) as Instant)
    }
  }

  async #fire(stored: Stored): Promise<void> {
    const { clock, log, onFired } = this.#deps
    try {
      await fireTimer(this.#deps, stored)
      if (stored.session.status === 'AVAILABLE') onFired?.(clock.now() - stored.session.expiresAt)
    } catch (error) {
      // Its claim runs out, and then it is tried again.
      log.error({ err: error, session: stored.session.id }, 'a timer could not be fired: trying again')
    }
  }
}
