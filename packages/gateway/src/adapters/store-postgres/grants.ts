import type { Instant } from '@rightofway/camara'
import type { GrantRecord, GrantStore } from '../../ports/store/grants.js'
import { type GrantRow, toGrant } from '../store-common/rows/grants.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'
import { sql } from './sql.js'

const INSERT = sql('grants/insert')

const SQL = {
  find: sql('grants/find'),
  put: sql('grants/put', { INSERT }),
  add: sql('grants/add', { INSERT }),
  delete: sql('grants/delete'),
  deleteGroup: sql('grants/delete-group'),
}

export class PostgresGrants implements GrantStore {
  readonly #database: Database
  /** Deletions of groups by this gateway and by others. */
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  async find(id: string, realNow: Instant): Promise<GrantRecord | undefined> {
    const [row] = await this.#database.read<GrantRow>({
      name: 'find-grant',
      text: SQL.find,
      values: [id, realNow],
    })
    return row && toGrant(row)
  }

  async put(grant: GrantRecord): Promise<void> {
    const text = SQL.put
    await this.#database.query({ name: 'put-grant', text, values: valuesOf(grant) })
  }

  async add(grant: GrantRecord): Promise<boolean> {
    const text = SQL.add
    return (await this.#database.query({ name: 'add-grant', text, values: valuesOf(grant) })).length > 0
  }

  async delete(id: string): Promise<void> {
    await this.#database.query({ name: 'delete-grant', text: SQL.delete, values: [id] })
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#database.query({ text: SQL.deleteGroup, values: [group] })
    this.changes.tell()
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }
}

const valuesOf = ({ id, body, group, expiresAt }: GrantRecord): unknown[] => [id, body, group, expiresAt]
