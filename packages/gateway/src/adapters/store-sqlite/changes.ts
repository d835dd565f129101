import type { Database } from 'better-sqlite3'
import type { Author, ChangeQuery, ChangeStore, DecisionRecord } from '../../ports/store/audit.js'
import { type ChangeRow, toChange, toChangeText } from '../store-common/rows/changes.js'

export class SqliteChanges implements ChangeStore {
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      insert: db.prepare('INSERT INTO changes (at, by, kind, name, before, after) VALUES (?, ?, ?, ?, ?, ?)'),
      list: db.prepare<object, ChangeRow>(
        `SELECT * FROM changes WHERE number < @before AND (@kind IS NULL OR kind = @kind)
           AND (@name IS NULL OR name = @name) ORDER BY number DESC LIMIT @limit`,
      ),
    }
  }

  /** For use inside the write of the change. */
  record({ at, by }: Author, of: DecisionRecord['of'], name: string, before: unknown, after: unknown): void {
    this.#sql.insert.run(at, by, of, name, toChangeText(before), toChangeText(after))
  }

  async list({ of, name, before = Number.MAX_SAFE_INTEGER, limit }: ChangeQuery) {
    return this.#sql.list.all({ kind: of ?? null, name: name ?? null, before, limit }).map(toChange)
  }
}
