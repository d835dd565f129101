// What the gateway asks of a network, and what a network tells the gateway.

import type { Instant, NetworkId, ReservationId, Seconds } from '@rightofway/camara'
import type { Subscriber } from '../domain/device.js'
import type { DeviceAddresses, Flow } from '../domain/flow.js'
import type { Qos } from '../domain/profile.js'

/** What networks are asked to hold, whatever for. */
interface Wish {
  readonly id: ReservationId
  /** Version of the session, or assignment, that asked for it: later requests have higher versions. */
  readonly version: number
  /** Name of the profile that `qos` is from: networks behind an API have profiles of their own. */
  readonly profile: string
  readonly qos: Qos
  /** The subscriber, if the network identifies devices by it and it is known. */
  readonly subscriber?: Subscriber
}

/** For an assignment: all flows of a device, in both directions, that no other reservation covers, without end. */
export interface DeviceReservation extends Wish {
  readonly device: DeviceAddresses
}

/** For a session: one flow, for a time. */
export interface Reservation extends Wish {
  readonly flow: Flow
  /** Counted from the network's own grant. The network releases the flow by itself when it has passed, not earlier. */
  readonly duration: Seconds
  /** The end, once the grant is known; it replaces `duration`. An extension moves it. */
  readonly until?: Instant
}

export type Answer =
  /**
   * Held since `at`, by the network's clock; for a repeated request, since the first grant. `until`: the
   * network releases it then, which is earlier than it was asked to.
   */
  | { readonly result: 'granted'; readonly at: Instant; readonly until?: Instant }
  | { readonly result: 'refused'; readonly reason: string }
  /** Not decided yet: a {@link NetworkEvent} follows. */
  | { readonly result: 'pending' }
  /** Older than the last request for this reservation that the network has seen. Nothing was done. */
  | { readonly result: 'stale' }

export type NetworkEvent =
  | { readonly type: 'granted'; readonly id: ReservationId; readonly at: Instant; readonly until?: Instant }
  | { readonly type: 'refused'; readonly id: ReservationId; readonly reason: string }
  /** Held until now, and no longer. Not sent for a reservation that ended as planned. */
  | { readonly type: 'lost'; readonly id: ReservationId; readonly reason: string }

/** A reservation as the network lists it. */
export interface Held {
  readonly id: ReservationId
  readonly version: number
}

/** What a reservation has carried since it was granted. */
export interface Usage {
  /** From server to device. */
  readonly downlink: DirectionUsage
  /** From device to server. */
  readonly uplink: DirectionUsage
}

export interface DirectionUsage {
  /** As the link carries them, with their headers. */
  readonly bytes: number
  readonly packets: number
  /** Packets dropped because they exceeded the granted rate. */
  readonly dropped: number
  /** How fast it was between the last two readings. */
  readonly bitsPerSecond: number
}

/** The rate of all reservations together: bits per second between the last two readings. */
export interface Load {
  readonly downlinkBps: number
  readonly uplinkBps: number
}

export interface NetworkCapabilities {
  /** The most rules that one flow may need (see `flowRules`). */
  readonly maxFlowRules: number
  /**
   * Whether it identifies devices by phone number. Then it is sent the number, and a flow needs no device address.
   * Default: not.
   */
  readonly phoneNumbers?: boolean
  /** Whether it wants to know whose device it is, beside the address. Default: not. */
  readonly subscribers?: boolean
  /** Whether it can hold all flows of a device that no session covers, without end. Default: not. */
  readonly assignments?: boolean
}

/**
 * A network that can prioritise flows and guarantee their rates.
 *
 * It is idempotent by reservation: reserving twice is one reservation, releasing twice is harmless. It remembers what
 * it holds when the gateway dies, and the highest version it has seen of every reservation, released ones included, so
 * that a message that a stalled process sends late cannot restore a released flow.
 *
 * Every method rejects with {@link NetworkUnreachable} if it is unknown whether the network received the request.
 */
export interface Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities
  /** Bits per second that it can guarantee to all flows together. Absent: it does not say. */
  readonly capacity?: { readonly downlinkBps: number; readonly uplinkBps: number }
  /**
   * Holds a flow, or moves the end of one that is held. Refused when the network cannot carry it: a refusal holds
   * nothing, and where it refuses to move an end the old one stays until it is released.
   */
  reserve(reservation: Reservation): Promise<Answer>
  /**
   * Holds all flows of a device that no session covers, until it is released; or those of its other addresses, of one that
   * is held. Refused when the network cannot carry it. Absent where the capability is.
   */
  assign?(reservation: DeviceReservation): Promise<Answer>
  /** Releases a held or pending flow. Resolves once nothing is held for `id`; `stale` if a later request is known. */
  release(id: ReservationId, version: number): Promise<'released' | 'stale'>
  /** Held and pending reservations in the order of their ids, those after `after`. */
  list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]>
  /** Calls `listener` with every event from now on. Returns the function that stops it. */
  watch(listener: (event: NetworkEvent) => void): () => void
  /**
   * Has it do what it does by itself from now on, until the function that is returned is called. A network whose state
   * gateways share is driven by one of them. Absent: it does that whoever drives it.
   * @param isOurs false as soon as another gateway may drive the network
   */
  drive?(isOurs: () => boolean): Promise<() => Promise<void>>
  /** Problems that it has now, a sentence each. Absent: it does not report any. */
  readonly troubles?: readonly string[]
  /**
   * Why a reservation is held without some of the networks that should hold it together, by their ids; empty: all hold
   * it. Absent: this network is one.
   */
  without?(id: ReservationId): Promise<Readonly<Record<NetworkId, string>>>
  /** The traffic of a reservation; undefined if it is unknown. Absent: this network does not measure it. */
  usage?(id: ReservationId): Promise<Usage | undefined>
  /** The traffic of all sessions now. Absent: this network does not measure it. */
  load?(): Promise<Load>
  close(): Promise<void>
}

/** It is unknown whether the network received the request: send it again. */
export class NetworkUnreachable extends Error {
  override readonly name = 'NetworkUnreachable'
  /** How long to wait before the next request, in milliseconds. Absent: the network does not say. */
  readonly retryAfterMs?: number

  constructor(message: string, { retryAfterMs, ...options }: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options)
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
  }
}

/** What a round of reconciliation found, and mended. */
export interface Differences {
  /** Held by the network for no live session: released. */
  readonly orphans: number
  /** Live and not held: reserved again, or ended if the network does not take it back. */
  readonly missing: number
}
