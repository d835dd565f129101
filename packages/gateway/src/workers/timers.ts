// Fires due timers. The deadlines are in the store; this worker sleeps until the next one.

import { type Instant, instant } from '@rightofway/camara'
import { isSession, type Resource } from '../domain/resource.js'
import { kindOf } from '../domain/resource-id.js'
import type { Alarm, Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Stored } from '../ports/store/sessions.js'
import type { Store } from '../ports/store/store.js'
import { Trouble } from '../ports/trouble.js'
import { fireTimer } from '../usecases/resources/fire-timer.js'

/** Timers fired in one go, so that their commits share an fsync: few enough that the first do not wait for the last. */
const BATCH = 100
/** Batches under way at once: while one is committed, the next is decided. */
const AT_ONCE = 3
/** A claim that is not settled by then (real time) expires. */
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
  readonly #unread: Trouble
  readonly #unfired: Trouble
  #alarm: { at: Instant; alarm: Alarm; retries: boolean } | undefined
  #unwatch: () => void = () => undefined
  #running: Promise<void> | undefined
  /** The alarm rang while a run was under way. */
  #rang = false
  /** Counts hints: what was read before one is old after it. */
  #hints = 0
  #looking = false
  /** Timers that could not be fired. This worker holds their claims: others get them only when those expire. */
  #failed: Stored<Resource>[] = []
  #stopped = false

  constructor(deps: TimersDeps) {
    this.#deps = deps
    const { log } = deps
    this.#unread = new Trouble(log, {
      broken: 'timers could not be read: trying again',
      mended: 'timers are read again',
    })
    this.#unfired = new Trouble(log, {
      broken: 'a timer could not be fired: trying again',
      mended: 'timers are fired again',
    })
  }

  /** Overdue timers fire at once. */
  start(): void {
    const { store, clock } = this.#deps
    this.#unwatch = store.work.watchWork(({ session, timer, remote }) => {
      this.#hints++
      if (timer !== undefined) this.#setAlarm(timer)
      if (session !== undefined && !remote && timer !== this.#alarm?.at) this.#lookAgain()
    })
    this.#setAlarm(clock.now())
  }

  /** Resolves when the commits under way are done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#alarm?.alarm.cancel()
    await this.#running
    this.#unread.close()
    this.#unfired.close()
  }

  #setAlarm(at: Instant, retries = false): void {
    if (this.#stopped || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.alarm.cancel()
    const { clock } = this.#deps
    const alarm = clock.alarm(at, () => {
      this.#alarm = undefined
      this.#rang = true
      this.#running ??= clock.track(this.#run()).finally(() => {
        this.#running = undefined
      })
    })
    this.#alarm = { at, alarm, retries }
  }

  /**
   * The alarm may have been for a session whose timer is later now, or gone: a granted one no longer waits for its
   * set-up. Once for all commits that are told of together.
   */
  #lookAgain(): void {
    if (this.#looking) return
    this.#looking = true
    queueMicrotask(() => {
      this.#looking = false
      this.#sleepLonger().catch((error: unknown) => {
        // The alarm stays as it is, and finds nothing.
        this.#deps.log.debug({ err: error }, 'the next timer could not be read')
      })
    })
  }

  async #sleepLonger(): Promise<void> {
    const { store, clock } = this.#deps
    const current = this.#alarm
    const now = clock.now()
    if (this.#stopped || current === undefined || current.retries || current.at <= now) return
    const hints = this.#hints
    const next = await store.work.nextTimer(now)
    // A run that was requested meanwhile reads for itself.
    if (this.#alarm !== current || this.#hints !== hints || next === current.at) return
    current.alarm.cancel()
    this.#alarm = undefined
    if (next !== undefined) this.#setAlarm(next)
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps
    let failed = false
    try {
      while (this.#rang && !this.#stopped) {
        this.#rang = false
        await this.#fireAll(this.#failed.splice(0))
        await this.#fireDue()
      }
    } catch (error) {
      failed = true
      this.#unread.failed(error)
    }
    if (!failed) this.#unread.over()
    if (this.#failed.length === 0) this.#unfired.over()
    if (failed || this.#failed.length > 0) this.#setAlarm(instant(clock.now() + RETRY_MS), true)
  }

  /** Fires what is due, and sets the alarm to what is due next. */
  async #fireDue(): Promise<void> {
    const { store, clock } = this.#deps
    const firing = new Set<Promise<void>>()
    try {
      while (!this.#stopped) {
        const now = clock.now()
        const due = await store.work.claimTimers(now, BATCH, LEASE_MS)
        if (due.length > 0) {
          const batch = this.#fireAll(due).finally(() => firing.delete(batch))
          firing.add(batch)
          if (firing.size === AT_ONCE) await Promise.race(firing)
        } else if (firing.size > 0) {
          await Promise.race(firing)
        } else {
          const next = await store.work.nextTimer(now)
          if (next !== undefined) this.#setAlarm(next)
          return
        }
      }
    } finally {
      await Promise.all(firing)
    }
  }

  async #fireAll(due: readonly Stored<Resource>[]): Promise<void> {
    await Promise.all(due.map((stored) => this.#fire(stored)))
  }

  async #fire(stored: Stored<Resource>): Promise<void> {
    const { clock, onFired } = this.#deps
    try {
      await fireTimer(this.#deps, stored)
      const { session } = stored
      if (isSession(session) && session.status === 'AVAILABLE') onFired?.(clock.now() - session.expiresAt)
    } catch (error) {
      this.#failed.push(stored)
      this.#unfired.failed(error, { [kindOf(stored.session.id)]: stored.session.id })
    }
  }
}
