// What was seen while a scenario was played. Times are milliseconds of the monotonic clock.

import type { ProbeSample, Received } from '../traffic/orders.js'

export interface Recording {
  /** From when on the queues were full, and until when all was measured. */
  readonly from: number
  readonly to: number
  /** When the first session was asked for. */
  readonly asked: number
  readonly flows: readonly FlowRecording[]
  readonly marks: readonly Mark[]
}

export interface FlowRecording {
  /** While it had its session. */
  readonly span: Span
  readonly downlink: WayRecording
  readonly uplink: WayRecording
  /** As sent by the device; each comes back from the server. */
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
  /** Bytes on the wire for each byte that was received. */
  readonly overhead: number
}

/** Something that happened. */
export interface Mark {
  readonly at: number
  readonly text: string
}
