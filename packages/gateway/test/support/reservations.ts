// Reservations to ask a network for. No two of them overlap: not every network could tell them apart.

import { type AssignmentId, type BitsPerSecond, type ReservationId, type SessionId, seconds } from '@rightofway/camara'
import type { Prefix } from '../../src/domain/address.js'
import type { Qos } from '../../src/domain/profile.js'
import { reservationIdOf } from '../../src/domain/resource.js'
import type { DeviceReservation, Reservation } from '../../src/ports/network.js'

/** What is guaranteed in each direction, in bits per second. */
export const guarantee = (downlinkBps: number, uplinkBps = downlinkBps): Qos => ({
  downlink: { guaranteed: downlinkBps as BitsPerSecond },
  uplink: { guaranteed: uplinkBps as BitsPerSecond },
  priority: 20,
})

/** The id of the `n`th reservation of a test: in the order of their numbers. */
export const reservationId = (n: number): ReservationId =>
  reservationIdOf(`019748a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as SessionId)

/** The `n`th reservation of a test: for a minute and of version 1, with no guarantee. */
export const reservation = (n: number, more: Partial<Reservation> = {}): Reservation => ({
  id: reservationId(n),
  version: 1,
  flow: {
    device: { ipv4: `10.0.${n >> 8}.${n & 255}/32` as Prefix },
    server: ['198.51.100.7/32' as Prefix],
    serverPorts: [[443, 443]],
  },
  profile: 'QOS_L',
  qos: guarantee(0),
  duration: seconds(60),
  ...more,
})

/** The `n`th reservation of a test for all flows of a device: that of the `n`th {@link reservation}. Of version 1. */
export const deviceReservation = (n: number, more: Partial<DeviceReservation> = {}): DeviceReservation => ({
  id: reservationIdOf(`019748a0-0000-8000-8000-${n.toString(16).padStart(12, '0')}` as AssignmentId),
  version: 1,
  device: reservation(n).flow.device,
  profile: 'QOS_L',
  qos: guarantee(0),
  ...more,
})
