// The gateways that share a store, and which of them leads a network.

import type { NetworkId } from '@rightofway/camara'

/** Candidacy for the leader lease of a network. One of all candidates holds it, for as long as it renews it. */
export interface LeaderLease {
  /**
   * Whether this gateway drives the network now, by its own monotonic clock: false as soon as another may believe that
   * it does. Asked before everything that is told to the network.
   */
  readonly held: boolean
  /** Gives the lease back, so that another gateway can take it. */
  release(): Promise<void>
}

export interface GatewaysReport {
  /** Those that are alive, by name. */
  readonly gateways: readonly {
    readonly name: string
    readonly version: string
    /** Networks that it can lead. */
    readonly reaches: readonly NetworkId[]
  }[]
  /** The name of the gateway that leads a network, by network. A network without a leader is absent. */
  readonly leaders: ReadonlyMap<NetworkId, string>
  /** How far the clock of this machine is ahead of the store's, in milliseconds. */
  readonly clockOffsetMs: number
}

/** The gateways that share the store. */
export interface GatewayStore {
  /** @param onChange told whenever this gateway begins or ceases to drive the network */
  lead(network: NetworkId, onChange: (drives: boolean) => void): LeaderLease
  /** How many of them are alive as far as this one has heard, itself included. */
  readonly alive: number
  report(): Promise<GatewaysReport>
}
