// What the gateway asks of a network, and what a network tells the gateway.

import type { Instant, NetworkId, ReservationId, Seconds } from '@rightofway/camara'
import type { Subscriber } from '../domain/device.js'
import type { Flow } from '../domain/flow.js'
import type { Qos } from '../domain/profile.js'

/** What a network is asked to hold. */
export interface Reservation {
  readonly id: ReservationId
  /** Of the session it was asked for by: later wishes carry higher numbers. */
  readonly version: number
  readonly flow: Flow
  /** Name of the profile that `qos` is from: networks behind an API have profiles of their own. */
  readonly profile: string
  readonly qos: Qos
  /** Whose device it is, where the network knows devices by that and we do too. */
  readonly subscriber?: Subscriber
  /** Counted from the network's own grant: it lets go by itself when they have passed, and not before. */
  readonly duration: Seconds
  /** Once the grant is known: the end, instead of `duration`. An extension moves it. */
  readonly until?: Instant
}

export type Answer =
  /**
   * Held since `at`, by the network's clock: of a reservation it already held, since the first time. `until`: the
   * network lets go then, which is earlier than it was asked to.
   */
  | { readonly result: 'granted'; readonly at: Instant; readonly until?: Instant }
  | { readonly result: 'refused'; readonly reason: string }
  /** Being worked on: a {@link NetworkEvent} will tell. */
  | { readonly result: 'pending' }
  /** Older than what the network last heard about this reservation. Nothing was done. */
  | { readonly result: 'stale' }

export type NetworkEvent =
  | { readonly type: 'granted'; readonly id: ReservationId; readonly at: Instant; readonly until?: Instant }
  | { readonly type: 'refused'; readonly id: ReservationId; readonly reason: string }
  /** Held until now, and no longer. Not sent for a reservation whose end has come. */
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

/** How fast all that is held is together: bits per second between the last two readings. */
export interface Load {
  readonly downlinkBps: number
  readonly uplinkBps: number
}

export interface NetworkCapabilities {
  /** The most rules that one flow may need (see `flowRules`). */
  readonly maxFlowRules: number
  /**
   * Whether it knows devices by their phone numbers: it is told them then, and a flow needs no address of the device.
   * Default: not.
   */
  readonly phoneNumbers?: boolean
  /** Whether it wants to know whose device it is, beside the address. Default: not. */
  readonly subscribers?: boolean
}

/**
 * A network that can give flows the right of way.
 *
 * It is idempotent by reservation: reserving twice is one reservation, releasing twice is harmless. It remembers what
 * it holds when the gateway dies, and the highest version it has seen of every reservation, released ones included, so
 * that a message delayed in a sleeping process cannot raise the dead.
 *
 * Every method rejects with {@link NetworkUnreachable} when it cannot be known whether the network heard.
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
  /** Lets go, of one that is pending too. Resolves once nothing is held for `id`, `stale` if a later wish is known. */
  release(id: ReservationId, version: number): Promise<'released' | 'stale'>
  /** What is held or pending, in the order of its ids, from behind `after`. */
  list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]>
  /** Calls `listener` with every event from now on. Returns the function that stops it. */
  watch(listener: (event: NetworkEvent) => void): () => void
  /**
   * Has it do what it does by itself from now on, until the function that is returned is called. A network whose state
   * gateways share is driven by one of them. Absent: it does that whoever drives it.
   * @param isOurs false as soon as another gateway may drive the network
   */
  drive?(isOurs: () => boolean): Promise<() => Promise<void>>
  /** What keeps it from being the network that it should be now, a sentence each. Absent: it does not say. */
  readonly troubles?: readonly string[]
  /**
   * Why a reservation is held without some of the networks that should keep it together, by their ids; empty if it is
   * not. Absent: this network is one.
   */
  without?(id: ReservationId): Promise<Readonly<Record<NetworkId, string>>>
  /** What it has carried; undefined if nothing is known of it. Absent: this network does not count. */
  usage?(id: ReservationId): Promise<Usage | undefined>
  /** How much of it sessions use now. Absent: this network does not count. */
  load?(): Promise<Load>
  close(): Promise<void>
}

/** Nobody knows whether the network heard: ask again. */
export class NetworkUnreachable extends Error {
  override readonly name = 'NetworkUnreachable'
  /** How long it wants to be left alone, in milliseconds. Absent: it does not say. */
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
