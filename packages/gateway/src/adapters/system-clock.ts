import { type Instant, instant } from '@rightofway/camara'
import type { Alarm, Clock } from '../ports/clock.js'

/** The wall clock is read again at least this often: it may be stepped during a long wait. */
const LONGEST_WAIT_MS = 1_000

/**
 * The machine's clock. Lateness is judged by the wall clock, because `expiresAt` is in it; waiting uses the monotonic
 * one (Node's timers), so that a step back cannot stall a short wait.
 */
export class SystemClock implements Clock {
  readonly #wallNow: () => number

  /** @param wallNow milliseconds since the epoch */
  constructor(wallNow: () => number) {
    this.#wallNow = wallNow
  }

  now(): Instant {
    return instant(this.#wallNow())
  }

  alarm(at: Instant, ring: () => void): Alarm {
    let timer: NodeJS.Timeout
    const wait = () => {
      const left = at - this.#wallNow()
      timer = setTimeout(left <= LONGEST_WAIT_MS ? fire : wait, Math.max(0, Math.min(left, LONGEST_WAIT_MS)))
    }
    const fire = () => {
      // Timers may fire up to a millisecond early, and the wall clock may have been stepped back.
      if (this.#wallNow() < at) wait()
      else ring()
    }
    wait()
    return { cancel: () => clearTimeout(timer) }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal?.addEventListener('abort', wake)
    })
  }

  track<T>(work: Promise<T>): Promise<T> {
    return work
  }
}
