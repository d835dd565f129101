// Durations as people write them: for command lines and tests. On the wire they are whole seconds.

import { type Seconds, seconds } from './units.js'

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
]

/**
 * Whole seconds of `90s`, `15m`, `24h`, `2d`, of a combination from the largest unit to the smallest (`1h30m`), or of a
 * plain number of seconds (`3600`).
 * @throws {RangeError} the text has none of these forms, or is empty
 */
export function parseDuration(text: string): Seconds {
  const [whole, plain, ...counts] =
    /^(?:(\d{1,9})|(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?)$/.exec(text.trim()) ?? []
  const total =
    plain === undefined
      ? counts.reduce((sum, count, index) => sum + Number(count ?? 0) * (UNITS[index]?.[1] as number), 0)
      : Number(plain)
  if (whole === undefined || total === 0) {
    throw new RangeError(`${JSON.stringify(text)} is not a duration: use 90s, 15m, 1h30m, 24h, or a number of seconds`)
  }
  return seconds(total)
}

/**
 * The shortest text that {@link parseDuration} reads as the same.
 * @example formatDuration(seconds(5400)) // 1h30m
 */
export function formatDuration(length: Seconds): string {
  let rest: number = length
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0s'
}
