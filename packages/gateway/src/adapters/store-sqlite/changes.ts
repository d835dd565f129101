import type { Database } from 'better-sqlite3'
import type { Author, ChangeQuery, ChangeRecord, ChangeStore } from '../../ports/store.js'

interface ChangeRow {
  number: number
  at: ChangeRecord['at']
  by: string
  kind: ChangeRecord['of']
  name: string
  before: string | null
  after: string | null
}

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
  record({ at, by }: Author, of: ChangeRecord['of'], name: string, before: unknown, after: unknown): void {
    this.#sql.insert.run(at, by, of, name, toText(before), toText(after))
  }

  async list({ of, name, before = Number.MAX_SAFE_INTEGER, limit }: ChangeQuery) {
    return this.#sql.list.all({ kind: of ?? null, name: name ?? null, before, limit }).map(toRecord)
  }
}

const toText = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

const toRecord = ({ number, at, by, kind, name, before, after }: ChangeRow): ChangeRecord => ({
  number,
  at,
  by,
  of: kind,
  name,
  ...(before !== null && { before: JSON.parse(before) as unknown }),
  ...(after !== null && { after: JSON.parse(after) as unknown }),
})
