import type { Instant, NetworkId, ReservationId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type {
  Callback,
  KeptCallback,
  KeptReservation,
  RemoteFigures,
  RemoteReservation,
  RemoteReservationStore,
} from '../../ports/store/remote-reservations.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { WatchedWrites } from '../sqlite/watched-writes.js'
import {
  type CallbackRow,
  type RemoteReservationColumns,
  type RemoteReservationRow,
  toCallback,
  toColumns,
  toKept,
  toRecord,
} from '../store-common/rows/remote-reservations.js'

type Values = Omit<RemoteReservationColumns, 'holds'> & { readonly holds: 0 | 1; readonly basedOn: number }

export class SqliteRemoteReservations implements RemoteReservationStore {
  readonly #commits: GroupCommit
  readonly #callbacks: WatchedWrites
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#callbacks = new WatchedWrites(commits)
    this.#sql = {
      find: db.prepare<[NetworkId, ReservationId], RemoteReservationRow>(
        'SELECT id, revision, body FROM remote_reservations WHERE network = ? AND id = ?',
      ),
      add: db
        .prepare<[Values], number>(
          `INSERT INTO remote_reservations (network, id, revision, holds, act_at, orphans, kept_until, body)
           VALUES (@network, @id, 1, @holds, @actAt, @orphans, @keptUntil, @body)
           ON CONFLICT DO NOTHING RETURNING revision`,
        )
        .pluck(),
      replace: db
        .prepare<[Values], number>(
          `UPDATE remote_reservations SET revision = revision + 1, holds = @holds, act_at = @actAt, orphans = @orphans,
             kept_until = @keptUntil, body = @body
           WHERE network = @network AND id = @id AND revision = @basedOn RETURNING revision`,
        )
        .pluck(),
      list: db.prepare<[NetworkId, string, number], RemoteReservationRow>(
        `SELECT id, revision, body FROM remote_reservations
         WHERE network = ? AND id > ? AND holds = 1 ORDER BY id LIMIT ?`,
      ),
      due: db
        .prepare<[NetworkId, Instant, number], ReservationId>(
          'SELECT id FROM remote_reservations WHERE network = ? AND act_at <= ? ORDER BY act_at LIMIT ?',
        )
        .pluck(),
      nextAct: db
        .prepare<[NetworkId, Instant], Instant>(
          'SELECT act_at FROM remote_reservations WHERE network = ? AND act_at > ? ORDER BY act_at LIMIT 1',
        )
        .pluck(),
      held: db
        .prepare<[NetworkId], number>('SELECT count(*) FROM remote_reservations WHERE network = ? AND holds = 1')
        .pluck(),
      orphans: db
        .prepare<[NetworkId], number>(
          'SELECT coalesce(sum(orphans), 0) FROM remote_reservations WHERE network = ? AND orphans > 0',
        )
        .pluck(),
      tidy: db.prepare<[Instant, number]>(
        `DELETE FROM remote_reservations WHERE rowid IN (
           SELECT rowid FROM remote_reservations WHERE holds = 0 AND kept_until <= ? LIMIT ?)`,
      ),
      addCallback: db.prepare<[Callback]>(
        `INSERT INTO network_callbacks (network, reservation, attempt, suffix, body)
         VALUES (@network, @reservation, @attempt, @suffix, @body)`,
      ),
      callbacks: db.prepare<[NetworkId, number], CallbackRow>(
        'SELECT * FROM network_callbacks WHERE network = ? ORDER BY number LIMIT ?',
      ),
      removeCallback: db.prepare<[number]>('DELETE FROM network_callbacks WHERE number = ?'),
    }
  }

  async find(network: NetworkId, id: ReservationId): Promise<KeptReservation | undefined> {
    const row = this.#sql.find.get(network, id)
    return row && toKept(row)
  }

  put(record: RemoteReservation, basedOn: number): Promise<number | undefined> {
    const { holds, ...columns } = toColumns(record)
    const values: Values = { ...columns, holds: holds ? 1 : 0, basedOn }
    return this.#commits.write(() => (basedOn === 0 ? this.#sql.add : this.#sql.replace).get(values))
  }

  async list(network: NetworkId, after: ReservationId | undefined, limit: number): Promise<RemoteReservation[]> {
    return this.#sql.list.all(network, after ?? '', limit).map(toRecord)
  }

  async due(network: NetworkId, now: Instant, limit: number): Promise<ReservationId[]> {
    return this.#sql.due.all(network, now, limit)
  }

  async nextAct(network: NetworkId, after: Instant): Promise<Instant | undefined> {
    return this.#sql.nextAct.get(network, after)
  }

  async figures(network: NetworkId): Promise<RemoteFigures> {
    return { held: this.#sql.held.get(network) ?? 0, orphans: this.#sql.orphans.get(network) ?? 0 }
  }

  addCallback(callback: Callback): Promise<void> {
    return this.#callbacks.write(() => void this.#sql.addCallback.run(callback))
  }

  async callbacks(network: NetworkId, limit: number): Promise<KeptCallback[]> {
    return this.#sql.callbacks.all(network, limit).map(toCallback)
  }

  removeCallbacks(numbers: readonly number[]): Promise<void> {
    return this.#commits.write(() => {
      for (const number of numbers) this.#sql.removeCallback.run(number)
    })
  }

  watch(listener: () => void): () => void {
    return this.#callbacks.watch(listener)
  }

  /** @returns how many were deleted: fewer than `limit` if there are no more */
  tidy(now: Instant, limit: number): Promise<number> {
    return this.#commits.write(() => this.#sql.tidy.run(now, limit).changes)
  }
}
