import type { Instant } from '@rightofway/camara'
import type { AuditRecord, AuditStore } from '../../ports/store/audit.js'
import { type AuditRow, toAuditRecord } from '../store-common/rows/audit.js'
import type { Database } from './database.js'
import { sql } from './sql.js'

/** Records that are deleted in one commit. */
const BATCH = 500

const SQL = {
  append: sql('audit/append'),
  list: sql('audit/list'),
  forget: sql('audit/forget', { BATCH }),
}

export class PostgresAudit implements AuditStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async append({ at, actor, actorKind, actorId, action, target, refused }: Omit<AuditRecord, 'id'>): Promise<void> {
    await this.#database.query({
      text: SQL.append,
      values: [at, actor, actorKind, actorId, action, target, refused],
    })
  }

  async list(before: number | undefined, limit: number): Promise<readonly AuditRecord[]> {
    const rows = await this.#database.read<AuditRow>({
      text: SQL.list,
      values: [before, limit],
    })
    return rows.map(toAuditRecord)
  }

  async forget(until: Instant): Promise<void> {
    const text = SQL.forget
    while ((await this.#database.query({ text, values: [until] })).length === BATCH);
  }
}
