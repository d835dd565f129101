// The status of the machine for operators, from the adapter's state.

import type { DirectionStatus, Drift, LinkStatus, LinuxStatus, SessionStatus } from '../../../ports/linux-status.js'
import type { Egress } from '../plan/egress.js'
import { classId } from '../plan/names.js'
import type { Reservations } from '../state/reservations.js'
import type { Meter } from './counters.js'

export interface StatusParts {
  readonly reservations: Reservations
  readonly devices: readonly Egress[]
  readonly servers: Egress
  readonly meters: ReadonlyMap<string, Meter>
  readonly repairs: number
  readonly troubles: readonly string[]
  /** The trouble of an interface; undefined if it has none. */
  readonly troubleOf: (name: string) => string | undefined
  readonly drift: Drift | undefined
}

export function statusOf(parts: StatusParts): LinuxStatus {
  const { reservations, devices, servers, meters, repairs, troubles, troubleOf, drift } = parts
  const sessions = [...reservations.grants].map((grant): SessionStatus => {
    const carried = reservations.carried(grant.id)
    const direction = (name: 'downlink' | 'uplink', egress: Egress): DirectionStatus => ({
      guaranteedBps: grant.qos[name].guaranteed,
      ceilingBps: grant.pair[name].ceilBps,
      bitsPerSecond: meters.get(egress.interface)?.rateOf(grant.minor) ?? 0,
      bytes: carried?.[name].bytes ?? 0,
      packets: carried?.[name].packets ?? 0,
      dropped: carried?.[name].dropped ?? 0,
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
      guaranteedBps: reservations.admission.of(egress.interface).guaranteedBps,
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
    classes: { inUse: reservations.pool.inUse, ready: reservations.pool.ready },
    repairs,
    troubles,
    ...(drift && { drift }),
  }
}
