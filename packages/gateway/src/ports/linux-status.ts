// The state of a network on Linux, for its operator.

import type { Instant, ReservationId } from '@rightofway/camara'

export interface LinkStatus {
  readonly interface: string
  readonly direction: 'downlink' | 'uplink'
  readonly capacityBps: number
  /** Guaranteed to the default class. */
  readonly reservedBps: number
  readonly guaranteedBps: number
  /** What sessions send now. */
  readonly sessionsBps: number
  readonly leaf: 'fq_codel' | 'bfifo'
  /** Why it cannot forward packets as configured. Absent: it can. */
  readonly trouble?: string
}

export interface SessionStatus {
  readonly reservation: ReservationId
  /** Its class towards its device; towards servers it has one with the same minor. */
  readonly class: string
  /** Towards its device. */
  readonly interface: string
  readonly endsAt: Instant
  readonly downlink: DirectionStatus
  readonly uplink: DirectionStatus
}

export interface DirectionStatus {
  readonly guaranteedBps: number
  readonly ceilingBps: number
  readonly bitsPerSecond: number
  readonly bytes: number
  readonly packets: number
  readonly dropped: number
}

export interface LinuxStatus {
  readonly links: readonly LinkStatus[]
  readonly sessions: readonly SessionStatus[]
  readonly classes: { readonly inUse: number; readonly ready: number }
  /** Times that the kernel differed from the applied state and was repaired, since this process began. */
  readonly repairs: number
  /** Problems that keep this machine from working as configured. */
  readonly troubles: readonly string[]
  /** Absent: the kernel cannot be read now. */
  readonly drift?: Drift
}

/** How the kernel differed from what it should have. */
export interface Drift {
  /** The table was not as we make it, or interfaces: their roots, their own classes, or that they had a tree at all. */
  readonly rebuilt: readonly string[]
  /** Elements that were missing, or had another class or end. */
  readonly missing: number
  /** Elements of no session. */
  readonly stray: number
  /** Classes of sessions that were missing or had other rates. */
  readonly classes: number
}
