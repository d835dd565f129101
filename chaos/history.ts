// The requests to a gateway that was killed meanwhile, and their results: the history that checker.ts checks.

import type { EventQosStatusChanged, SessionInfo } from '@rightofway/camara'

/** A session whose create the gateway has acknowledged. */
export interface Acknowledged {
  readonly info: SessionInfo
  /** Which flow it is on: sessions with equal flows must not be live together. */
  readonly flow: string
  readonly idempotencyKey: string
}

export interface Extension {
  readonly sessionId: string
  /** As in the answer of the gateway. */
  readonly duration: number
}

export interface Arrival {
  /** Milliseconds since the epoch, by the observer's clock. */
  readonly at: number
  readonly event: EventQosStatusChanged
}

/** A period in which the gateway was up, by the observer's clock. */
export interface Uptime {
  readonly from: number
  readonly to: number
}

export interface History {
  readonly acknowledged: readonly Acknowledged[]
  /** Sessions whose deletion was acknowledged. */
  readonly deleted: readonly string[]
  readonly extended: readonly Extension[]
  /** All events that reached the sink, repeats included, in order. */
  readonly arrivals: readonly Arrival[]
  readonly uptimes: readonly Uptime[]
  /** The state of each session after all of them should have ended. null: 404. */
  readonly final: ReadonlyMap<string, SessionInfo | null>
  /** Sessions that still have a reservation in the network at the end. */
  readonly held: readonly string[]
}
