import { describe, expect, it } from 'vitest'
import type { Rate } from './types.js'
import { after, bitsPerSecond, durationMs, instant, seconds, secondsUp, toDateTime, toRate } from './units.js'

describe('rates', () => {
  it('are exact bits per second, in decimal units', () => {
    expect(bitsPerSecond({ value: 20, unit: 'Mbps' })).toBe(20_000_000)
    expect(bitsPerSecond({ value: 1024, unit: 'Tbps' })).toBe(1024e12)
  })

  it('are written in the largest unit that is exact', () => {
    for (const rate of [
      { value: 0, unit: 'bps' },
      { value: 1, unit: 'Gbps' },
      { value: 1023, unit: 'kbps' },
      { value: 500, unit: 'kbps' },
    ] satisfies Rate[]) {
      expect(toRate(bitsPerSecond(rate))).toEqual(rate)
    }
  })

  it('are not rounded: 1.5 Mbit/s has no exact form, as values end at 1024 [schema Rate]', () => {
    expect(() =>
      toRate(bitsPerSecond({ value: 1, unit: 'Mbps' }) as never as Parameters<typeof toRate>[0]),
    ).not.toThrow()
    expect(() => toRate(1_500_000 as Parameters<typeof toRate>[0])).toThrow('1500000 bit/s cannot be written as a Rate')
  })
})

describe('time', () => {
  it('adds seconds to times, and rounds up to whole seconds', () => {
    const noon = instant(Date.parse('2026-06-01T12:00:00Z'))
    expect(toDateTime(after(noon, seconds(3600)))).toBe('2026-06-01T13:00:00.000Z')
    expect(secondsUp(noon, instant(noon + 1))).toBe(1)
    expect(secondsUp(noon, noon)).toBe(0)
    expect(secondsUp(noon, instant(noon - 5_000))).toBe(0)
  })

  it('refuses fractions of seconds', () => {
    expect(() => seconds(1.5)).toThrow(RangeError)
    expect(() => seconds(-1)).toThrow(RangeError)
  })

  it('reads every unit of a Duration', () => {
    expect(durationMs({ value: 2, unit: 'Days' })).toBe(172_800_000)
    expect(durationMs({ value: 20, unit: 'Milliseconds' })).toBe(20)
    expect(durationMs({ value: 500, unit: 'Nanoseconds' })).toBe(0.0005)
  })
})
