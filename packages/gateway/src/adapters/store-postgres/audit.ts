import type { Instant } from '@rightofway/camara'
import type { AuditRecord, AuditStore } from '../../ports/store/audit.js'
import { type AuditRow, toAuditRecord } from '../store-common/rows/audit.js'
import type { Database } from './database.js'

/** Records that are forgotten in one commit. */
const BATCH = 500

export class PostgresAudit implements AuditStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async append({ at, actor, actorKind, actorId, action, target, refused }: Omit<AuditRecord, 'id'>): Promise<void> {
    await this.#database.query({
      text: `INSERT INTO audit (at, actor, actor_kind, actor_id, action, target, refused)
             VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      values: [at, actor, actorKind, actorId, action, target, refused],
    })
  }

  async list(before: number | undefined, limit: number): Promise<readonly AuditRecord[]> {
    const rows = await this.#database.read<AuditRow>({
      text: 'SELECT * FROM audit WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2',
      values: [before, limit],
    })
    return rows.map(toAuditRecord)
  }

  async forget(until: Instant): Promise<void> {
    const text = `DELETE FROM audit WHERE id IN (
      SELECT id FROM audit WHERE at <= $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING id`
    while ((await this.#database.query({ text, values: [until] })).length === BATCH);
  }
}
