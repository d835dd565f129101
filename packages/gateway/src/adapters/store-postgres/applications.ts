import type { ApplicationId, Instant } from '@rightofway/camara'
import type { ClientKeys } from '../../domain/application.js'
import type { OwnLimits } from '../../domain/limits.js'
import type { Application, ApplicationKey, ApplicationStore, KeyUse } from '../../ports/store/applications.js'
import type { Author } from '../../ports/store/audit.js'
import { type ApplicationRow, type KeyRow, toApplication, toKey } from '../store-common/rows/applications.js'
import { record } from './changes.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'
import { sql } from './sql.js'

const INSERT_KEY = sql('applications/insert-key')

const SQL = {
  create: sql('applications/create'),
  find: sql('applications/find'),
  list: sql('applications/list'),
  rename: sql('applications/rename'),
  suspend: sql('applications/suspend'),
  lock: sql('applications/lock'),
  setLimits: sql('applications/set-limits'),
  findKey: sql('applications/find-key'),
  keysOf: sql('applications/keys-of'),
  revokeKey: sql('applications/revoke-key'),
  endKey: sql('applications/end-key'),
  noteKeyUses: sql('applications/note-key-uses'),
}

function keyValues(key: ApplicationKey): unknown[] {
  const { prefix, application, hash, name, compatibility, createdAt, expiresAt } = key
  const [scopes, client] = [key.scopes, key.client].map((list) => list && JSON.stringify(list))
  return [prefix, application, hash, name, scopes, compatibility, client, createdAt, expiresAt]
}

export class PostgresApplications implements ApplicationStore {
  readonly #database: Database
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  async create({ id, name, createdAt }: Application): Promise<void> {
    await this.#database.query({
      text: SQL.create,
      values: [id, name, createdAt],
    })
  }

  async find(id: ApplicationId): Promise<Application | undefined> {
    const [row] = await this.#database.read<ApplicationRow>({
      name: 'find-application',
      text: SQL.find,
      values: [id],
    })
    return row && toApplication(row)
  }

  async list(after: ApplicationId | undefined, limit: number): Promise<readonly Application[]> {
    const rows = await this.#database.read<ApplicationRow>({ text: SQL.list, values: [after ?? '', limit] })
    return rows.map(toApplication)
  }

  rename(id: ApplicationId, name: string): Promise<boolean> {
    return this.#update(SQL.rename, [id, name])
  }

  suspend(id: ApplicationId, at: Instant | undefined): Promise<boolean> {
    return this.#update(SQL.suspend, [id, at])
  }

  async setLimits(id: ApplicationId, limits: OwnLimits | undefined, author: Author): Promise<boolean> {
    const found = await this.#database.transaction(async (query) => {
      const [row] = await query<ApplicationRow>(SQL.lock, [id])
      if (row === undefined) return false
      await record(query, author, 'limits', id, toApplication(row).limits, limits)
      await query(SQL.setLimits, [id, limits && JSON.stringify(limits)])
      return true
    })
    this.changes.tell()
    return found
  }

  async addKey(key: ApplicationKey): Promise<void> {
    await this.#database.query({ text: INSERT_KEY, values: keyValues(key) })
    this.changes.tell()
  }

  async findKey(prefix: string): Promise<ApplicationKey | undefined> {
    const [row] = await this.#database.read<KeyRow>({
      name: 'find-key',
      text: SQL.findKey,
      values: [prefix],
    })
    return row && toKey(row)
  }

  async keysOf(id: ApplicationId, after: string | undefined, limit: number): Promise<readonly ApplicationKey[]> {
    const rows = await this.#database.read<KeyRow>({
      text: SQL.keysOf,
      values: [id, after, limit],
    })
    return rows.map(toKey)
  }

  revokeKey(prefix: string, at: Instant): Promise<boolean> {
    const text = SQL.revokeKey
    return this.#update(text, [prefix, at])
  }

  async replaceKey(prefix: string, by: ApplicationKey, endsAt: Instant, now: Instant): Promise<boolean> {
    const replaced = await this.#database.transaction(async (query) => {
      const ended = await query(SQL.endKey, [prefix, endsAt, now])
      if (ended.length === 0) return false
      await query(INSERT_KEY, keyValues(by))
      return true
    })
    this.changes.tell()
    return replaced
  }

  setClientKeys(prefix: string, keys: ClientKeys): Promise<boolean> {
    const text = `UPDATE application_keys SET client = jsonb_set(client::jsonb, '{keys}', $2::jsonb)::text
                  WHERE prefix = $1 AND client::jsonb ? 'keys' RETURNING prefix`
    return this.#update(text, [prefix, JSON.stringify(keys)])
  }

  async noteKeyUses(uses: readonly KeyUse[]): Promise<void> {
    await this.#database.query({
      // All gateways use one order, so that those that record the same keys do not deadlock.
      text: SQL.noteKeyUses,
      values: [uses.map(({ prefix }) => prefix), uses.map(({ at }) => at)],
    })
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }

  async #update(text: string, values: readonly unknown[]): Promise<boolean> {
    const rows = await this.#database.query({ text, values })
    this.changes.tell()
    return rows.length > 0
  }
}
