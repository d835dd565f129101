import { type Instant, instant } from '@rightofway/camara'

const S = 1_000
const MIN = 60 * S
const HOUR = 60 * MIN

/** When an event is attempted, in milliseconds after the first time; then hourly, until {@link GIVE_UP_MS}. */
export const ATTEMPTS_MS = [0, 1 * S, 5 * S, 30 * S, 2 * MIN, 10 * MIN, 30 * MIN] as const
const THEN_EVERY_MS = HOUR
export const GIVE_UP_MS = 24 * HOUR
/** Sinks that failed together are not all tried again together. */
const JITTER = 0.2

/** The planned distance between attempt `made` and the next one. */
function gapMs(made: number): number {
  const next = ATTEMPTS_MS[made]
  return next === undefined ? THEN_EVERY_MS : next - (ATTEMPTS_MS[made - 1] ?? 0)
}

/**
 * When to try again; undefined: not any more.
 * @param made attempts made, at least 1
 * @param since when the first one was due
 * @param random 0 to 1
 */
export function nextAttempt(made: number, since: Instant, now: Instant, random: number): Instant | undefined {
  const at = now + gapMs(made) * (1 + JITTER * (2 * random - 1))
  return at > since + GIVE_UP_MS ? undefined : instant(Math.round(at))
}
