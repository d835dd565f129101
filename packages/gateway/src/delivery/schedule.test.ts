import { type Instant, instant } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attemptMs, nextAttempt, retryAfterMs } from './schedule.js'

const HOUR = 3_600_000
const first = instant(Date.parse('2026-03-01T12:00:00Z'))

/** Attempts until the schedule gives up: each takes `tookMs`, and jitter is what `random` says. */
function attempts({ random = () => 0.5, tookMs = () => 0 }: { random?: () => number; tookMs?: () => number } = {}) {
  const at: Instant[] = [first]
  for (;;) {
    const lastAt = at.at(-1) as Instant
    const next = nextAttempt({ made: at.length, firstAt: first, lastAt }, instant(lastAt + tookMs()), random())
    if (next === undefined) return at
    at.push(next)
  }
}

describe('the attempts of an event [contract 0, events]', () => {
  it('are at 0, 1, 5, 30 s, 2, 10, 30 min, and then hourly up to 24 h', () => {
    const offsets = attempts().map((at) => at - first)
    expect(offsets.slice(0, 9)).toEqual([0, 1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 5_400_000, 9_000_000])
    expect(offsets).toHaveLength(30)
    expect(offsets.at(-1)).toBe(23.5 * HOUR)
  })

  it('lie within 20 % of these, whatever the jitter', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
        const made = attempts({ random: () => stream.next().value as number })
        expect(made).toHaveLength(30)
        for (const [index, at] of made.entries()) {
          const wanted = attemptMs(index + 1)
          expect(Math.abs(at - first - wanted)).toBeLessThanOrEqual(0.2 * wanted + 1)
        }
      }),
    )
  })

  it('return to the schedule after some that timed out after 10 s', () => {
    const made = attempts({ tookMs: () => 10_000 }).map((at) => at - first)
    expect(made.slice(0, 3)).toEqual([0, 10_500, 21_500])
    for (const index of [3, 4, 5, 6]) {
      expect(Math.abs((made[index] ?? 0) - attemptMs(index + 1))).toBeLessThanOrEqual(0.2 * attemptMs(index + 1))
    }
  })

  it('are not repeated in a burst after hours without any: at least half the interval is between them', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 * HOUR }),
        fc.integer({ min: 1, max: 28 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (down, made, random) => {
          const lastAt = instant(first + attemptMs(made) + down)
          const next = nextAttempt({ made, firstAt: first, lastAt }, lastAt, random)
          if (next === undefined) return
          const gap = attemptMs(made + 1) - attemptMs(made)
          expect(next - lastAt).toBeGreaterThanOrEqual(Math.min(gap / 2, first + 24 * HOUR - lastAt) - 1)
          expect(next - lastAt).toBeLessThanOrEqual(1.2 * gap + 1)
        },
      ),
    )
  })

  it('end 24 h after the first one, even if some were never made', () => {
    const lastAt = instant(first + 24 * HOUR)
    expect(nextAttempt({ made: 3, firstAt: first, lastAt }, lastAt, 0.5)).toBeUndefined()
  })
})

describe('Retry-After of a receiver [RFC 9110 10.2.3]', () => {
  const after = (retryAfterMs: number, made = 1) =>
    nextAttempt({ made, firstAt: first, lastAt: first, retryAfterMs }, first, 0.5)

  it('postpones the next attempt, and never brings it forward', () => {
    expect(after(90_000)).toBe(first + 90_000)
    expect(after(100, 6)).toBe(nextAttempt({ made: 6, firstAt: first, lastAt: first }, first, 0.5))
  })

  it('is followed by the last attempt if it reaches beyond the 24 h', () => {
    const last = after(48 * HOUR) as Instant
    expect(last).toBe(first + 24 * HOUR)
    expect(nextAttempt({ made: 2, firstAt: first, lastAt: last }, last, 0.5)).toBeUndefined()
  })

  it('is a number of seconds or a date; anything else is ignored', () => {
    const now = Date.parse('2026-03-01T12:00:00Z')
    expect(retryAfterMs('120', now)).toBe(120_000)
    expect(retryAfterMs('Sun, 01 Mar 2026 12:00:30 GMT', now)).toBe(30_000)
    expect(retryAfterMs('Sun, 01 Mar 2026 11:00:00 GMT', now)).toBe(0)
    expect([undefined, '', 'soon', '-5'].map((text) => retryAfterMs(text, now))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
