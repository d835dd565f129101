import type { Instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { AuditRecord, AuditStore } from '../../ports/store/audit.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { type AuditRow, toAuditRecord } from '../store-common/rows/audit.js'

/** Records that are deleted in one commit. */
const BATCH = 500

export class SqliteAudit implements AuditStore {
  readonly #commits: GroupCommit
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#sql = {
      append: db.prepare(
        `INSERT INTO audit (at, actor, actor_kind, actor_id, action, target, refused)
         VALUES (@at, @actor, @actorKind, @actorId, @action, @target, @refused)`,
      ),
      list: db.prepare<[number, number], AuditRow>('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?'),
      forget: db.prepare('DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at <= ? LIMIT ?)'),
    }
  }

  append(record: Omit<AuditRecord, 'id'>): Promise<void> {
    const row = { actorKind: null, actorId: null, target: null, refused: null, ...record }
    return this.#commits.write(() => void this.#sql.append.run(row))
  }

  async list(before: number | undefined, limit: number): Promise<readonly AuditRecord[]> {
    return this.#sql.list.all(before ?? Number.MAX_SAFE_INTEGER, limit).map(toAuditRecord)
  }

  async forget(until: Instant): Promise<void> {
    while ((await this.#commits.write(() => this.#sql.forget.run(until, BATCH).changes)) === BATCH);
  }
}
