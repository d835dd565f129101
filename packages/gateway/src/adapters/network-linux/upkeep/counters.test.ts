import { describe, expect, it } from 'vitest'
import { Meter } from './counters.js'

const reading = (bytes: number, packets = bytes / 1_000, dropped = 0) =>
  new Map([[0x10, { counters: { bytes, packets, dropped } }]])

describe('a meter', () => {
  it('adds up what a class has carried, and knows how fast it was between two readings', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 1_000)
    expect(meter.rateOf(0x10)).toBe(0)
    meter.read(reading(30_000, 30, 2), 3_000)
    expect(meter.sumOf(0x10)).toEqual({ bytes: 30_000, packets: 30, dropped: 2 })
    expect(meter.rateOf(0x10)).toBe(100_000)
  })

  it('goes on adding when a class begins anew, as on a link that was made anew', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 0)
    meter.read(new Map(), 1_000)
    meter.read(reading(2_000), 2_000)
    expect(meter.sumOf(0x10)).toEqual({ bytes: 7_000, packets: 7, dropped: 0 })
  })

  it('totals what was carried since this process began, and not what classes had carried before', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 0)
    expect(meter.total.bytes).toBe(0)
    meter.read(reading(6_000), 1_000)
    meter.read(new Map([...reading(6_500), [0x11, { counters: { bytes: 300, packets: 1, dropped: 0 } }]]), 2_000)
    expect(meter.total).toMatchObject({ bytes: 1_800 })
  })

  it('knows how fast all classes together were, those that are new and none that is gone', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 0)
    expect(meter.bitsPerSecond).toBe(0)
    meter.read(new Map([...reading(6_000), [0x11, { counters: { bytes: 250, packets: 1, dropped: 0 } }]]), 1_000)
    expect(meter.bitsPerSecond).toBe(10_000)
    meter.read(reading(6_500), 2_000)
    expect(meter.bitsPerSecond).toBe(4_000)
  })

  it('knows nothing of a class that it never read', () => {
    const meter = new Meter()
    expect(meter.sumOf(0x10)).toEqual({ bytes: 0, packets: 0, dropped: 0 })
    expect(meter.rateOf(0x10)).toBe(0)
  })
})
