import type { Instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { GrantRecord, GrantStore } from '../../ports/store/grants.js'
import type { Ciphertext } from '../../ports/store/secrets.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { WatchedWrites } from '../sqlite/watched-writes.js'
import { type GrantRow, toGrant } from '../store-common/rows/grants.js'

type Values = [id: string, body: Ciphertext, lot: string | null, expiresAt: Instant | null]

export class SqliteGrants implements GrantStore {
  readonly #commits: GroupCommit
  readonly #changes: WatchedWrites
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#changes = new WatchedWrites(commits)
    this.#sql = {
      find: db.prepare<[string, Instant], GrantRow>(
        'SELECT * FROM grants WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)',
      ),
      put: db.prepare<Values>('INSERT OR REPLACE INTO grants (id, body, lot, expires_at) VALUES (?, ?, ?, ?)'),
      add: db.prepare<Values>('INSERT OR IGNORE INTO grants (id, body, lot, expires_at) VALUES (?, ?, ?, ?)'),
      delete: db.prepare('DELETE FROM grants WHERE id = ?'),
      deleteLot: db.prepare('DELETE FROM grants WHERE lot = ?'),
      tidy: db.prepare('DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at <= ? LIMIT ?)'),
    }
  }

  async find(id: string, realNow: Instant): Promise<GrantRecord | undefined> {
    const row = this.#sql.find.get(id, realNow)
    return row && toGrant(row)
  }

  put(grant: GrantRecord): Promise<void> {
    return this.#commits.write(() => void this.#sql.put.run(...valuesOf(grant)))
  }

  add(grant: GrantRecord): Promise<boolean> {
    return this.#commits.write(() => this.#sql.add.run(...valuesOf(grant)).changes > 0)
  }

  delete(id: string): Promise<void> {
    return this.#commits.write(() => void this.#sql.delete.run(id))
  }

  deleteGroup(group: string): Promise<void> {
    return this.#changes.write(() => void this.#sql.deleteLot.run(group))
  }

  watch(listener: () => void): () => void {
    return this.#changes.watch(listener)
  }

  /** @returns how many were deleted: fewer than `limit` if there are no more */
  tidy(realNow: Instant, limit: number): Promise<number> {
    return this.#commits.write(() => this.#sql.tidy.run(realNow, limit).changes)
  }
}

const valuesOf = ({ id, body, group, expiresAt }: GrantRecord): Values => [id, body, group ?? null, expiresAt ?? null]
