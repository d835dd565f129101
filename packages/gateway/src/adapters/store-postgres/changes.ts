import type { Author, ChangeQuery, ChangeStore, DecisionRecord } from '../../ports/store/audit.js'
import { type ChangeRow, toChange, toChangeText } from '../store-common/rows/changes.js'
import type { Database, Query } from './database.js'

export class PostgresChanges implements ChangeStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async list({ of, name, before, limit }: ChangeQuery): Promise<readonly DecisionRecord[]> {
    const rows = await this.#database.read<ChangeRow>({
      text: `SELECT * FROM changes WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR kind = $2)
               AND ($3::text IS NULL OR name = $3) ORDER BY number DESC LIMIT $4`,
      values: [before, of, name, limit],
    })
    return rows.map(toChange)
  }
}

/** For use inside the transaction of the change, which holds what it changes. */
export async function record(
  query: Query,
  { at, by }: Author,
  of: DecisionRecord['of'],
  name: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  await query('INSERT INTO changes (at, by, kind, name, before, after) VALUES ($1, $2, $3, $4, $5, $6)', [
    at,
    by,
    of,
    name,
    toChangeText(before),
    toChangeText(after),
  ])
}
