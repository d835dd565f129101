import { expect, it } from 'vitest'
import { bytesWithin, figuresOf, PROBE_BYTES, series, UDP_HEADERS } from './figures.js'
import type { FlowRecording } from './recording.js'

const received = (...bytes: number[]) => ({ since: 1_000, bytes, datagrams: 0 })

/** Ten probes, 20 ms apart from 1 000 on, of which seven reach the server and four come back. */
const FLOW: FlowRecording = {
  span: { from: 1_000, to: 1_200 },
  downlink: { received: received(1_000, 3_000), overhead: 1 },
  uplink: { received: received(2_000, 2_000), overhead: 1.5 },
  probes: Array.from({ length: 10 }, (_, index) => ({
    sentAt: 1_000 + 20 * index,
    ...(index < 4 && { roundTripMs: index / 1_000 }),
  })),
  probesAtServer: received(5 * PROBE_BYTES, 2 * PROBE_BYTES),
}

it('counts a slot at the edge of a span by its share', () => {
  expect(bytesWithin(received(100, 200, 400), { from: 1_050, to: 1_225 })).toBe(50 + 200 + 100)
  expect(bytesWithin(received(100), { from: 0, to: 9_000 })).toBe(100)
  expect(bytesWithin(received(100), { from: 0, to: 1_000 })).toBe(0)
})

it('separates rate, loss and delay of each direction', () => {
  const { downlink, uplink, roundTripMs } = figuresOf(FLOW, { from: 1_000, to: 1_200 })
  const probeBits = (PROBE_BYTES + UDP_HEADERS) * 8
  expect(roundTripMs).toBe(0.002)
  expect(uplink.loss).toBeCloseTo(0.3, 4)
  expect(downlink.loss).toBeCloseTo(3 / 7, 4)
  expect(downlink.bitsPerSecond).toBeCloseTo((4_000 * 8 + 4 * probeBits) * 5)
  expect(uplink.bitsPerSecond / 1e3).toBeCloseTo(((6_000 * 8 + 7 * probeBits) * 5) / 1e3, 1)
})

it('has no delay where no probe returned', () => {
  const [first, second] = series(FLOW, { from: 1_000, to: 1_200 }, 100)
  expect(first).toMatchObject({ at: 1_050, figures: { roundTripMs: 0.002 } })
  expect(second).toMatchObject({ at: 1_150, figures: { roundTripMs: null, downlink: { loss: 1 } } })
})
