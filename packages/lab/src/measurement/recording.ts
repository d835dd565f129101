// The measurements of a scenario. Times are milliseconds of the monotonic clock.

import type { ProbeSample, Received } from '../traffic/orders.js'

export interface Recording {
  /** When the queues were full, and when the measurement ended. */
  readonly from: number
  readonly to: number
  /** When the first session was requested. */
  readonly asked: number
  readonly flows: readonly FlowRecording[]
  readonly marks: readonly Mark[]
}

export interface FlowRecording {
  /** The time of its session. */
  readonly span: Span
  readonly downlink: WayRecording
  readonly uplink: WayRecording
  /** As sent by the device; the server returns each. */
  readonly probes: readonly ProbeSample[]
  /** Probes that reached the server. */
  readonly probesAtServer: Received
}

export interface Span {
  readonly from: number
  readonly to: number
}

export interface WayRecording {
  readonly received: Received
  /** Bytes on the wire for each received byte. */
  readonly overhead: number
}

/** An event. */
export interface Mark {
  readonly at: number
  readonly text: string
}
