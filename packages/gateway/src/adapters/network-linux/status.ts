// What an operator wants to know of the machine, put together from what the adapter knows.

import type { Instant, ReservationId } from '@rightofway/camara'
import type { Drift } from './kernel.js'
import type { Ledger } from './ledger.js'
import type { Meter } from './meter.js'
import { classId } from './names.js'
import type { Egress } from './tree.js'

export interface LinkStatus {
  readonly interface: string
  readonly direction: 'downlink' | 'uplink'
  readonly capacityBps: number
  /** Kept for everybody without a session. */
  readonly reservedBps: number
  readonly guaranteedBps: number
  /** What sessions send now. */
  readonly sessionsBps: number
  readonly leaf: Egress['leaf']
  /** What keeps it from carrying packets as it should. Absent: nothing does. */
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
  /** Times that the kernel was not as it should be, since this process began. */
  readonly repairs: number
  /** What keeps this machine from being the network it should be. */
  readonly troubles: readonly string[]
  /** Absent: the kernel cannot be read now. */
  readonly drift?: Drift
}

/** What can be counted all the time. */
export interface LinuxFigures {
  readonly links: readonly {
    readonly interface: string
    readonly capacityBps: number
    readonly guaranteedBps: number
    /** Whether it carries packets as it should. */
    readonly up: boolean
    /** Of all sessions, since this process began. */
    readonly bytes: number
    readonly dropped: number
  }[]
  readonly sessions: number
  readonly repairs: number
  readonly troubles: readonly string[]
}

export interface StatusParts {
  readonly ledger: Ledger
  readonly devices: readonly Egress[]
  readonly servers: Egress
  readonly meters: ReadonlyMap<string, Meter>
  readonly repairs: number
  readonly troubles: readonly string[]
  /** Of an interface; undefined if it has none. */
  readonly troubleOf: (name: string) => string | undefined
  readonly drift: Drift | undefined
}

export function statusOf(parts: StatusParts): LinuxStatus {
  const { ledger, devices, servers, meters, repairs, troubles, troubleOf, drift } = parts
  const sessions = [...ledger.grants].map((grant): SessionStatus => {
    const carried = ledger.carried(grant.id)
    const direction = (way: 'downlink' | 'uplink', egress: Egress): DirectionStatus => ({
      guaranteedBps: grant.qos[way].guaranteed,
      ceilingBps: grant.pair[way].ceilBps,
      bitsPerSecond: meters.get(egress.interface)?.rateOf(grant.minor) ?? 0,
      bytes: carried?.[way].bytes ?? 0,
      packets: carried?.[way].packets ?? 0,
      dropped: carried?.[way].dropped ?? 0,
    })
    return {
      reservation: grant.id,
      class: classId(grant.minor, grant.device.handle),
      interface: grant.device.interface,
      endsAt: grant.endsAt,
      downlink: direction('downlink', grant.device),
      uplink: direction('uplink', servers),
    }
  })
  const link = (egress: Egress, direction: LinkStatus['direction']): LinkStatus => {
    const trouble = troubleOf(egress.interface)
    return {
      interface: egress.interface,
      direction,
      capacityBps: egress.capacityBps,
      reservedBps: egress.reservedBps,
      guaranteedBps: ledger.admission.of(egress.interface).guaranteedBps,
      sessionsBps: sessions
        .filter((session) => direction === 'uplink' || session.interface === egress.interface)
        .reduce((sum, session) => sum + session[direction].bitsPerSecond, 0),
      leaf: egress.leaf,
      ...(trouble !== undefined && { trouble }),
    }
  }
  return {
    links: [...devices.map((device) => link(device, 'downlink')), link(servers, 'uplink')],
    sessions,
    classes: { inUse: ledger.pool.inUse, ready: ledger.pool.ready },
    repairs,
    troubles,
    ...(drift && { drift }),
  }
}
