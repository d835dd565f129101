// The two sides of a router: devices on one or more interfaces, servers on another.

import type { NetworkId } from '@rightofway/camara'
import { type Prefix, prefixContains } from '../../../domain/address.js'

/** An interface and its sending rate. */
export interface Side {
  readonly interface: string
  /**
   * Bits per second. A little less than the slowest link behind it, so that packets queue here, where their order can
   * be changed.
   */
  readonly capacityBps: number
}

export interface DeviceSide extends Side {
  /** The addresses behind it. Absent: all addresses that are behind no other interface. */
  readonly devices?: readonly Prefix[]
}

export interface LinuxNetworkConfig {
  readonly id: NetworkId
  readonly towardsDevices: readonly [DeviceSide, ...DeviceSide[]]
  readonly towardsServers: Side
  /** Share of each capacity that is reserved for the default class, which has all packets without a session: 0 to 1. */
  readonly reservedShare: number
  /** Sessions that can be held at once. */
  readonly maxSessions: number
  /** Length of the IPv6 prefix that one device has; sessions of such devices cost the least. */
  readonly ipv6PrefixLength: number
  /** Whether packets of sessions are marked with the DSCP of their profile's service class. */
  readonly dscp: boolean
  /** Whether fragments are reassembled before they are looked up. It loads connection tracking. */
  readonly reassemble: boolean
  /** Whether a root qdisc that an administrator set may be replaced. It is put back by a teardown. */
  readonly takeover: boolean
}

/** The interface that a device is behind; undefined if there is none. */
export function sideOf(sides: readonly DeviceSide[], device: Prefix): DeviceSide | undefined {
  return (
    sides.find(({ devices }) => devices?.some((prefix) => prefixContains(prefix, device))) ??
    sides.find(({ devices }) => devices === undefined)
  )
}
