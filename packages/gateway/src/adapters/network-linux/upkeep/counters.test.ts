import { describe, expect, it } from 'vitest'
import { Meter } from './counters.js'

const reading = (bytes: number, packets = bytes / 1_000, dropped = 0) =>
  new Map([[0x10, { counters: { bytes, packets, dropped } }]])

describe('a meter', () => {
  it('adds up the traffic of a class, and knows its rate between two readings', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 1_000)
    expect(meter.rateOf(0x10)).toBe(0)
    meter.read(reading(30_000, 30, 2), 3_000)
    expect(meter.sumOf(0x10)).toEqual({ bytes: 30_000, packets: 30, dropped: 2 })
    expect(meter.rateOf(0x10)).toBe(100_000)
  })

  it('continues when a class is created again, for example with its link', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 0)
    meter.read(new Map(), 1_000)
    meter.read(reading(2_000), 2_000)
    expect(meter.sumOf(0x10)).toEqual({ bytes: 7_000, packets: 7, dropped: 0 })
  })

  it('totals the traffic since this process began, without earlier traffic of its classes', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 0)
    expect(meter.total.bytes).toBe(0)
    meter.read(reading(6_000), 1_000)
    meter.read(new Map([...reading(6_500), [0x11, { counters: { bytes: 300, packets: 1, dropped: 0 } }]]), 2_000)
    expect(meter.total).toMatchObject({ bytes: 1_800 })
  })

  it('knows the total rate of all classes, including new ones and no deleted ones', () => {
    const meter = new Meter()
    meter.read(reading(5_000), 0)
    expect(meter.bitsPerSecond).toBe(0)
    meter.read(new Map([...reading(6_000), [0x11, { counters: { bytes: 250, packets: 1, dropped: 0 } }]]), 1_000)
    expect(meter.bitsPerSecond).toBe(10_000)
    meter.read(reading(6_500), 2_000)
    expect(meter.bitsPerSecond).toBe(4_000)
  })

  it('has no value for a class that was never read', () => {
    const meter = new Meter()
    expect(meter.sumOf(0x10)).toEqual({ bytes: 0, packets: 0, dropped: 0 })
    expect(meter.rateOf(0x10)).toBe(0)
  })
})
