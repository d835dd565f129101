// Rate, round trip and loss of a flow between two moments.

import { type Received, SLOT_MS } from '../traffic/orders.js'
import type { FlowRecording, Span } from './recording.js'

/** UDP payload of a probe. */
export const PROBE_BYTES = 400
/** Ethernet, IPv4 and UDP. */
export const UDP_HEADERS = 42
/** Ethernet, IPv4 and TCP with its timestamps. */
export const TCP_HEADERS = 66

export interface Figures {
  readonly downlink: WayFigures
  readonly uplink: WayFigures
  /** Median, milliseconds; null: no probe returned. */
  readonly roundTripMs: number | null
}

export interface WayFigures {
  /** On the wire, as HTB counts it: with Ethernet headers, probes included. */
  readonly bitsPerSecond: number
  /** Share of the probes lost in this direction, 0 to 1. */
  readonly loss: number
}

export function figuresOf({ downlink, uplink, probes, probesAtServer }: FlowRecording, span: Span): Figures {
  const within = probes.filter(({ sentAt }) => sentAt >= span.from && sentAt < span.to)
  const trips = within.flatMap(({ roundTripMs }) => (roundTripMs === undefined ? [] : [roundTripMs]))
  // The last packets of a span arrive shortly after it.
  const arrived = bytesWithin(probesAtServer, shifted(span, (median(trips) ?? 0) / 2)) / PROBE_BYTES
  const probeBits = (count: number) => (count * (PROBE_BYTES + UDP_HEADERS) * 8 * 1000) / (span.to - span.from)
  const rate = ({ received, overhead }: FlowRecording['downlink']) =>
    (bytesWithin(received, span) * overhead * 8 * 1000) / (span.to - span.from)
  return {
    downlink: { bitsPerSecond: rate(downlink) + probeBits(trips.length), loss: lost(arrived, trips.length) },
    uplink: { bitsPerSecond: rate(uplink) + probeBits(arrived), loss: lost(within.length, arrived) },
    roundTripMs: median(trips),
  }
}

const shifted = ({ from, to }: Span, ms: number): Span => ({ from: from + ms, to: to + ms })

const lost = (sent: number, arrived: number): number => (sent === 0 ? 0 : Math.max(0, 1 - arrived / sent))

/** Bytes received in a span; slots at its edges count by their share. */
export function bytesWithin({ since, bytes }: Received, { from, to }: Span): number {
  let sum = 0
  for (let slot = Math.max(0, Math.floor((from - since) / SLOT_MS)); slot < bytes.length; slot++) {
    const begin = since + slot * SLOT_MS
    if (begin >= to) break
    const share = (Math.min(to, begin + SLOT_MS) - Math.max(from, begin)) / SLOT_MS
    sum += (bytes[slot] as number) * share
  }
  return sum
}

/** The median; null if there are no values. */
export function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? null
}

/** Figures of one span after the other, each `stepMs` long. */
export function series(flow: FlowRecording, { from, to }: Span, stepMs: number): { at: number; figures: Figures }[] {
  return Array.from({ length: Math.floor((to - from) / stepMs) }, (_, index) => {
    const begin = from + index * stepMs
    return { at: begin + stepMs / 2, figures: figuresOf(flow, { from: begin, to: begin + stepMs }) }
  })
}
