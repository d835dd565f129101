// Quantities and identifiers that must not be confused. All of them are plain numbers and strings at run time.
// Only the compiler distinguishes them: `startedAt + duration`, or a session's id in place of a network's id,
// does not compile.

import { QodError } from './errors.js'
import type { Duration, Rate } from './types.js'

declare const unit: unique symbol

/** A moment: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [unit]: 'Instant' }
/** A length of time in whole seconds. */
export type Seconds = number & { readonly [unit]: 'Seconds' }
/** A rate in bits per second. */
export type BitsPerSecond = number & { readonly [unit]: 'BitsPerSecond' }

/** A session's id for its application: a UUID. */
export type SessionId = string & { readonly [unit]: 'SessionId' }
/** An assignment's id for its application: a UUID. */
export type AssignmentId = string & { readonly [unit]: 'AssignmentId' }
/** A session or an assignment. */
export type ResourceId = SessionId | AssignmentId
/** The id of either for its network: `rsv-` and a UUID, so that the ids cannot be confused. */
export type ReservationId = string & { readonly [unit]: 'ReservationId' }
/** An application (an OAuth client, a set of keys): the owner of sessions and assignments. */
export type ApplicationId = string & { readonly [unit]: 'ApplicationId' }
/** A device, by any of its identifiers. */
export type DeviceId = string & { readonly [unit]: 'DeviceId' }
/** A network that this gateway is configured for. */
export type NetworkId = string & { readonly [unit]: 'NetworkId' }
/** The subject (`sub`) of a three-legged access token. */
export type SubjectId = string & { readonly [unit]: 'SubjectId' }

/** For values that are assembled member by member. Conditional spreads would cost a microsecond each. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const DURATION_UNIT_NS: Record<Duration['unit'], number> = {
  Nanoseconds: 1,
  Microseconds: 1e3,
  Milliseconds: 1e6,
  Seconds: 1e9,
  Minutes: 60e9,
  Hours: 3600e9,
  Days: 86400e9,
}

const RATE_UNIT_BPS: Record<Rate['unit'], number> = { bps: 1, kbps: 1e3, Mbps: 1e6, Gbps: 1e9, Tbps: 1e12 }

/** The largest `value` of a {@link Rate}: a rate above it moves to the next unit, and some have no exact spelling. */
const MAX_RATE_VALUE = 1024

export const instant = (ms: number): Instant => ms as Instant

/** @throws {RangeError} not a whole number of seconds, or negative */
export function seconds(n: number): Seconds {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} is not a whole number of seconds, 0 or more`)
  return n as Seconds
}

/** The moment `length` after `start`. */
export const after = (start: Instant, length: Seconds): Instant => (start + length * 1000) as Instant

/** Seconds from `start` to `end`, rounded up; 0 where `end` is not after `start`. */
export const secondsUp = (start: Instant, end: Instant): Seconds =>
  Math.max(0, Math.ceil((end - start) / 1000)) as Seconds

/** RFC 3339 with milliseconds and `Z`, the form of every time on the wire. */
export const toDateTime = (at: Instant): string => new Date(at).toISOString()

/**
 * The exact bits per second of a CAMARA Rate.
 * @example bitsPerSecond({ value: 20, unit: 'Mbps' }) // 20 000 000
 */
export const bitsPerSecond = (rate: Rate): BitsPerSecond => (rate.value * RATE_UNIT_BPS[rate.unit]) as BitsPerSecond

/**
 * The CAMARA Rate of exactly `bps`, in the largest possible unit.
 * @throws {QodError} `INVALID_ARGUMENT` no unit has an exact value of 0 to 1024 for it (such as 1 500 000 bit/s)
 */
export function toRate(bps: BitsPerSecond): Rate {
  for (const unit of ['Tbps', 'Gbps', 'Mbps', 'kbps', 'bps'] as const) {
    const value = bps / RATE_UNIT_BPS[unit]
    if (Number.isInteger(value) && value <= MAX_RATE_VALUE && (value > 0 || unit === 'bps')) return { value, unit }
  }
  throw new QodError(
    'INVALID_ARGUMENT',
    `${bps} bit/s cannot be written as a Rate: no unit gives a whole value of 0 to ${MAX_RATE_VALUE}`,
  )
}

/** Milliseconds of a CAMARA Duration, fractions kept. */
export const durationMs = (duration: Duration): number => (duration.value * DURATION_UNIT_NS[duration.unit]) / 1e6
