import type { Instant, NetworkId, ReservationId } from '@rightofway/camara'
import type {
  Callback,
  KeptCallback,
  KeptReservation,
  RemoteFigures,
  RemoteReservation,
  RemoteReservationStore,
} from '../../ports/store/remote-reservations.js'
import {
  type CallbackRow,
  type RemoteReservationRow,
  toCallback,
  toColumns,
  toKept,
  toRecord,
} from '../store-common/rows/remote-reservations.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'
import { sql } from './sql.js'

const SQL = {
  find: sql('remote-reservations/find'),
  add: sql('remote-reservations/add'),
  replace: sql('remote-reservations/replace'),
  list: sql('remote-reservations/list'),
  due: sql('remote-reservations/due'),
  next: sql('remote-reservations/next'),
  figures: sql('remote-reservations/figures'),
  addCallback: sql('remote-reservations/add-callback'),
  callbacks: sql('remote-reservations/callbacks'),
  removeCallbacks: sql('remote-reservations/remove-callbacks'),
}

export class PostgresRemoteReservations implements RemoteReservationStore {
  readonly #database: Database
  /** Messages that this gateway and others have stored. */
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  async find(network: NetworkId, id: ReservationId): Promise<KeptReservation | undefined> {
    const [row] = await this.#database.read<RemoteReservationRow>({
      name: 'find-remote-reservation',
      text: SQL.find,
      values: [network, id],
    })
    return row && toKept(row)
  }

  async put(record: RemoteReservation, basedOn: number): Promise<number | undefined> {
    const { network, id, holds, actAt, orphans, keptUntil, body } = toColumns(record)
    const values = [network, id, holds, actAt, orphans, keptUntil, body]
    const [row] = await this.#database.query<{ revision: number }>(
      basedOn === 0
        ? { name: 'add-remote-reservation', text: SQL.add, values }
        : { name: 'replace-remote-reservation', text: SQL.replace, values: [...values, basedOn] },
    )
    return row?.revision
  }

  async list(network: NetworkId, after: ReservationId | undefined, limit: number): Promise<RemoteReservation[]> {
    const rows = await this.#database.read<RemoteReservationRow>({
      name: 'list-remote-reservations',
      text: SQL.list,
      values: [network, after ?? '', limit],
    })
    return rows.map(toRecord)
  }

  async due(network: NetworkId, now: Instant, limit: number): Promise<ReservationId[]> {
    const rows = await this.#database.read<{ id: ReservationId }>({
      name: 'due-remote-reservations',
      text: SQL.due,
      values: [network, now, limit],
    })
    return rows.map(({ id }) => id)
  }

  async nextAct(network: NetworkId, after: Instant): Promise<Instant | undefined> {
    const [row] = await this.#database.read<{ act_at: Instant }>({
      name: 'next-remote-reservation',
      text: SQL.next,
      values: [network, after],
    })
    return row?.act_at
  }

  async figures(network: NetworkId): Promise<RemoteFigures> {
    const [row] = await this.#database.read<RemoteFigures>({
      text: SQL.figures,
      values: [network],
    })
    return row ?? { held: 0, orphans: 0 }
  }

  async addCallback({ network, reservation, attempt, suffix, body }: Callback): Promise<void> {
    await this.#database.query({
      name: 'add-network-callback',
      text: SQL.addCallback,
      values: [network, reservation, attempt, suffix, body],
    })
    this.changes.tell()
  }

  async callbacks(network: NetworkId, limit: number): Promise<KeptCallback[]> {
    const rows = await this.#database.read<CallbackRow>({
      name: 'network-callbacks',
      text: SQL.callbacks,
      values: [network, limit],
    })
    return rows.map(toCallback)
  }

  async removeCallbacks(numbers: readonly number[]): Promise<void> {
    await this.#database.query({
      text: SQL.removeCallbacks,
      values: [numbers],
    })
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }
}
