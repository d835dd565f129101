import type { Instant, NetworkId, ReservationId } from '@rightofway/camara'
import {
  holdsSomething,
  type KeptCallback,
  type KeptReservation,
  type RemoteReservation,
} from '../../../ports/store/remote-reservations.js'
import { parsed } from '../damaged-row.js'

export interface RemoteReservationRow {
  id: ReservationId
  revision: number
  body: string
}

/** The columns for searches, which are derived from the body. */
export interface RemoteReservationColumns {
  readonly network: NetworkId
  readonly id: ReservationId
  readonly holds: boolean
  readonly actAt: Instant | null
  readonly orphans: number
  readonly keptUntil: Instant
  readonly body: string
}

export const toColumns = (record: RemoteReservation): RemoteReservationColumns => ({
  network: record.network,
  id: record.id,
  holds: holdsSomething(record),
  actAt: record.actAt ?? null,
  orphans: record.orphans.length,
  keptUntil: record.keptUntil,
  body: JSON.stringify(record),
})

/** @throws {DamagedRow} naming the reservation: its text differs from what was written */
export const toRecord = ({ id, body }: Pick<RemoteReservationRow, 'id' | 'body'>): RemoteReservation =>
  parsed(body, 'remote_reservations', id)

export const toKept = (row: RemoteReservationRow): KeptReservation => ({
  record: toRecord(row),
  revision: row.revision,
})

export interface CallbackRow {
  number: number
  network: NetworkId
  reservation: ReservationId
  attempt: number
  suffix: string
  body: string
}

export const toCallback = ({ number, network, reservation, attempt, suffix, body }: CallbackRow): KeptCallback => ({
  number,
  network,
  reservation,
  attempt,
  suffix,
  body,
})
