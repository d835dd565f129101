import type { Instant, NetworkId, ResourceId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { Resource } from '../../domain/resource.js'
import { StoreDamaged } from '../../domain/store-unavailable.js'
import type { Stored, Version } from '../../ports/store/sessions.js'
import type { NetworkTask, WorkHint, WorkStore } from '../../ports/store/work.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { DamagedRow } from '../store-common/damaged-row.js'
import type { SessionRow } from '../store-common/rows/sessions.js'
import type { Damage } from './damage.js'
import { type NetworkTasks, type TaskName, withSessions } from './network-tasks.js'
import type { SqliteSessions } from './sessions.js'

export interface SqliteWorkOptions {
  readonly db: Database
  readonly commits: GroupCommit
  readonly tasks: NetworkTasks
  readonly sessions: Pick<SqliteSessions, 'find' | 'toStored'>
  readonly damage: Damage
  readonly monotonicNow: () => number
}

export class SqliteWork implements WorkStore {
  readonly #options: SqliteWorkOptions
  readonly #listeners = new Set<(hint: WorkHint) => void>()
  /** End of the lease of every session whose timer is claimed. */
  readonly #claims = new Map<ResourceId, number>()
  readonly #sql

  constructor(options: SqliteWorkOptions) {
    this.#options = options
    const { db } = options
    this.#sql = {
      nextTimer: db
        .prepare<[number], Instant>('SELECT wake_at FROM sessions WHERE wake_at > ? ORDER BY wake_at LIMIT 1')
        .pluck(),
      dueTimers: db
        .prepare<[number, number], ResourceId>('SELECT id FROM sessions WHERE wake_at <= ? ORDER BY wake_at LIMIT ?')
        .pluck(),
      row: db.prepare<[ResourceId], SessionRow & { valid: 0 | 1 }>(
        'SELECT id, version, body, json_valid(body) AS valid FROM sessions WHERE id = ?',
      ),
    }
  }

  /** The work that a commit left. */
  readonly tell = (hint: WorkHint): void => {
    if (hint.session !== undefined) this.#claims.delete(hint.session)
    for (const listener of this.#listeners) listener(hint)
  }

  async nextTimer(after: Instant): Promise<Instant | undefined> {
    return this.#sql.nextTimer.get(after)
  }

  async claimTimers(now: Instant, limit: number, leaseMs: number): Promise<readonly Stored<Resource>[]> {
    return this.claimTimerRows(now, limit, leaseMs).map(this.#options.sessions.toStored)
  }

  /**
   * Like {@link claimTimers}, with the sessions as stored text: a caller in another thread parses them there.
   * @throws {StoreDamaged} all of the sessions cannot be read
   */
  claimTimerRows(now: Instant, limit: number, leaseMs: number): SessionRow[] {
    const realNow = this.#options.monotonicNow()
    const free = this.#sql.dueTimers
      .all(now, limit + this.#claims.size)
      .filter((id) => (this.#claims.get(id) ?? Number.NEGATIVE_INFINITY) <= realNow)
      .slice(0, limit)
    const rows: SessionRow[] = []
    let damage: unknown
    for (const id of free) {
      this.#claims.set(id, realNow + leaseMs)
      try {
        rows.push(this.#read(id))
      } catch (error) {
        // The others end when they should. A session that cannot be read now will not be readable later.
        damage = this.#options.damage.met(error)
        if (!(damage instanceof StoreDamaged)) throw error
        this.#claims.set(id, Number.POSITIVE_INFINITY)
      }
    }
    if (rows.length === 0 && damage !== undefined) throw damage
    return rows
  }

  /** @throws {DamagedRow} the text differs from what was written */
  #read(id: ResourceId): SessionRow {
    const { valid, ...row } = this.#sql.row.get(id) as SessionRow & { valid: 0 | 1 }
    if (valid === 0) throw new DamagedRow('sessions', id)
    return row
  }

  async claimTasks(network: NetworkId, limit: number, leaseMs: number): Promise<readonly NetworkTask[]> {
    const { sessions, damage } = this.#options
    const find = (id: ResourceId) => sessions.find(id).catch((error: unknown) => Promise.reject(damage.met(error)))
    return withSessions(this.claimTaskNames(network, limit, leaseMs), find)
  }

  /** Like {@link claimTasks}, without the sessions: the thread that committed them has them cached. */
  claimTaskNames(network: NetworkId, limit: number, leaseMs: number): TaskName[] {
    return this.#options.tasks.claim(network, limit, leaseMs)
  }

  settle(id: ResourceId, version: Version): Promise<void> {
    return this.#options.commits.write(() => this.#options.tasks.settle(id, version))
  }

  async countTasks(network: NetworkId): Promise<number> {
    return this.#options.tasks.count(network)
  }

  watchWork(listener: (hint: WorkHint) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
