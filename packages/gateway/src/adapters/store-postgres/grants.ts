import type { Instant } from '@rightofway/camara'
import type { GrantRecord, GrantStore } from '../../ports/store/grants.js'
import { type GrantRow, toGrant } from '../store-common/rows/grants.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'

const INSERT = 'INSERT INTO grants (id, body, lot, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id)'

export class PostgresGrants implements GrantStore {
  readonly #database: Database
  /** Of groups deleted in this gateway and in others. */
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  async find(id: string, realNow: Instant): Promise<GrantRecord | undefined> {
    const [row] = await this.#database.read<GrantRow>({
      name: 'find-grant',
      text: 'SELECT * FROM grants WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)',
      values: [id, realNow],
    })
    return row && toGrant(row)
  }

  async put(grant: GrantRecord): Promise<void> {
    const text = `${INSERT} DO UPDATE SET body = excluded.body, lot = excluded.lot, expires_at = excluded.expires_at`
    await this.#database.query({ name: 'put-grant', text, values: valuesOf(grant) })
  }

  async add(grant: GrantRecord): Promise<boolean> {
    const text = `${INSERT} DO NOTHING RETURNING id`
    return (await this.#database.query({ name: 'add-grant', text, values: valuesOf(grant) })).length > 0
  }

  async delete(id: string): Promise<void> {
    await this.#database.query({ name: 'delete-grant', text: 'DELETE FROM grants WHERE id = $1', values: [id] })
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#database.query({ text: 'DELETE FROM grants WHERE lot = $1', values: [group] })
    this.changes.tell()
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }
}

const valuesOf = ({ id, body, group, expiresAt }: GrantRecord): unknown[] => [id, body, group, expiresAt]
