import type { Instant } from '@rightofway/camara'

export interface Alarm {
  cancel(): void
}

/**
 * The time that sessions live by. In a sandbox it can be moved; tokens, TLS, leases and rate limits never ask it.
 */
export interface Clock {
  now(): Instant
  /** Calls `ring` once, no earlier than `at` by this clock. A moment in the past rings soon, never synchronously. */
  alarm(at: Instant, ring: () => void): Alarm
  /**
   * Resolves `ms` milliseconds later by this clock, or as soon as `signal` is aborted. Call it only inside work that is
   * being tracked.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /**
   * Marks `work` as something that moving the clock must wait for. Whatever an alarm starts is wrapped in it, so that
   * a sandbox that moves its clock by an hour can say when everything that fell due has been done.
   */
  track<T>(work: Promise<T>): Promise<T>
}
