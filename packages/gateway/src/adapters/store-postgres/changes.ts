import type { Author, ChangeQuery, ChangeStore, DecisionRecord } from '../../ports/store/audit.js'
import { type ChangeRow, toChange, toChangeText } from '../store-common/rows/changes.js'
import type { Database, Query } from './database.js'
import { sql } from './sql.js'

const SQL = {
  list: sql('changes/list'),
  record: sql('changes/record'),
}

export class PostgresChanges implements ChangeStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async list({ of, name, before, limit }: ChangeQuery): Promise<readonly DecisionRecord[]> {
    const rows = await this.#database.read<ChangeRow>({
      text: SQL.list,
      values: [before, of, name, limit],
    })
    return rows.map(toChange)
  }
}

/** For use inside the transaction of the change, which holds the locks. */
export async function record(
  query: Query,
  { at, by }: Author,
  of: DecisionRecord['of'],
  name: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  await query(SQL.record, [at, by, of, name, toChangeText(before), toChangeText(after)])
}
