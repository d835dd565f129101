import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './human-duration.js'
import { seconds } from './units.js'

describe('durations as people write them', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['1h', 3600],
    ['24h', 86_400],
    ['1h30m', 5400],
    ['2d', 172_800],
    ['1d1h1m1s', 90_061],
    ['3600', 3600],
    [' 1h ', 3600],
  ])('reads %s as %d seconds', (text, length) => {
    expect(parseDuration(text)).toBe(length)
  })

  it.each(['', '0', '0s', 'h', '1.5h', '-1h', '1 h', '30m1h', '1h1h', '1w', '1e3', 'an hour', '٣s'])(
    'refuses %j, and says what it takes',
    (text) => {
      expect(() => parseDuration(text)).toThrow('is not a duration: use 90s, 15m, 1h30m, 24h, or a number of seconds')
    },
  )

  it('writes every duration as text that it reads as the same duration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (length) => {
        expect(parseDuration(formatDuration(seconds(length)))).toBe(length)
      }),
    )
    expect(formatDuration(seconds(5400))).toBe('1h30m')
    expect(formatDuration(seconds(0))).toBe('0s')
  })
})
