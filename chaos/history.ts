// What was requested of a gateway that was killed meanwhile, and the results: the history that checker.ts checks.

import type { EventQosStatusChanged, SessionInfo } from '@rightofway/camara'

/** A session that the gateway said it created. */
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

/** A time in which the gateway was up, by the observer's clock. */
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
  /** What can still be read of each session at the end, after all of them should have ended. null: 404. */
  readonly final: ReadonlyMap<string, SessionInfo | null>
  /** Sessions for which the network still holds something at the end. */
  readonly held: readonly string[]
}
