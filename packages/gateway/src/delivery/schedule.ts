// When an event is attempted again. Pure: the time of every attempt follows from those before it.

import { type Instant, instant } from '@rightofway/camara'

const S = 1_000
const MIN = 60 * S
const HOUR = 60 * MIN

/** When an event is attempted, in milliseconds after the first time; then hourly, until {@link GIVE_UP_MS}. */
const ATTEMPTS_MS = [0, 1 * S, 5 * S, 30 * S, 2 * MIN, 10 * MIN, 30 * MIN] as const
const THEN_EVERY_MS = HOUR
/** After the first attempt. An event that is not delivered by then is a dead letter. */
export const GIVE_UP_MS = 24 * HOUR
/** Sinks that failed together are not all tried again together. */
export const JITTER = 0.2
/** Between the end of an attempt and the next one: one that hung until its time limit may be late for its successor. */
const REST_MS = 1 * S

/** When attempt `number` (from 1) is made, in milliseconds after the first one. */
export const attemptMs = (number: number): number =>
  ATTEMPTS_MS[number - 1] ?? ATTEMPTS_MS[6] + (number - ATTEMPTS_MS.length) * THEN_EVERY_MS

export interface AttemptsSoFar {
  /** At least 1. */
  readonly made: number
  /** When the first one began. */
  readonly firstAt: Instant
  /** When the last one began. */
  readonly lastAt: Instant
  /** Milliseconds from now that the sink asked us to wait for. */
  readonly retryAfterMs?: number | undefined
}

/**
 * When to try again; undefined: not any more.
 *
 * The table counts from the first attempt. Where attempts were late (the gateway was down, the sink asked for patience),
 * what was missed is not made up for all at once: between two attempts lies at least half of what the table says.
 * @param random 0 to 1
 */
export function nextAttempt(soFar: AttemptsSoFar, now: Instant, random: number): Instant | undefined {
  const { made, firstAt, lastAt, retryAfterMs = 0 } = soFar
  const end = firstAt + GIVE_UP_MS
  if (attemptMs(made + 1) > GIVE_UP_MS || now >= end) return undefined
  const gap = attemptMs(made + 1) - attemptMs(made)
  const jittered = gap * (1 + JITTER * (2 * random - 1))
  const planned = Math.min(Math.max(firstAt + attemptMs(made) + jittered, lastAt + gap / 2), lastAt + jittered)
  const soonest = now + Math.max(Math.min(REST_MS, gap / 2), retryAfterMs)
  return instant(Math.round(Math.min(Math.max(planned, soonest), end)))
}

/**
 * Milliseconds that a `Retry-After` asks for (RFC 9110 section 10.2.3): seconds, or a date; undefined if it says
 * neither.
 * @param realNow milliseconds since the epoch that no sandbox moves: the date is the receiver's
 */
export function retryAfterMs(header: string | undefined, realNow: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * S
  // All three forms of a date begin with the day of the week; Date.parse takes much more for a date.
  const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - realNow)
}
