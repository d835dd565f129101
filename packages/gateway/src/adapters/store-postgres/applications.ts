import type { ApplicationId, Instant } from '@rightofway/camara'
import type { OwnLimits } from '../../domain/limits.js'
import type { Application, ApplicationKey, ApplicationStore, KeyUse } from '../../ports/store/applications.js'
import type { Author } from '../../ports/store/audit.js'
import { type ApplicationRow, type KeyRow, toApplication, toKey } from '../store-common/rows/applications.js'
import { record } from './changes.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'

const INSERT_KEY = `
  INSERT INTO application_keys
    (prefix, application, hash, name, scopes, compatibility, client, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

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
      text: 'INSERT INTO applications (id, name, created_at) VALUES ($1, $2, $3)',
      values: [id, name, createdAt],
    })
  }

  async find(id: ApplicationId): Promise<Application | undefined> {
    const [row] = await this.#database.read<ApplicationRow>({
      name: 'find-application',
      text: 'SELECT * FROM applications WHERE id = $1',
      values: [id],
    })
    return row && toApplication(row)
  }

  async list(): Promise<readonly Application[]> {
    const rows = await this.#database.read<ApplicationRow>({ text: 'SELECT * FROM applications ORDER BY id' })
    return rows.map(toApplication)
  }

  rename(id: ApplicationId, name: string): Promise<boolean> {
    return this.#update('UPDATE applications SET name = $2 WHERE id = $1 RETURNING id', [id, name])
  }

  suspend(id: ApplicationId, at: Instant | undefined): Promise<boolean> {
    return this.#update('UPDATE applications SET suspended_at = $2 WHERE id = $1 RETURNING id', [id, at])
  }

  async setLimits(id: ApplicationId, limits: OwnLimits | undefined, author: Author): Promise<boolean> {
    const found = await this.#database.transaction(async (query) => {
      const [row] = await query<ApplicationRow>('SELECT * FROM applications WHERE id = $1 FOR UPDATE', [id])
      if (row === undefined) return false
      await record(query, author, 'limits', id, toApplication(row).limits, limits)
      await query('UPDATE applications SET limits = $2 WHERE id = $1', [id, limits && JSON.stringify(limits)])
      return true
    })
    this.changes.tell()
    return found
  }

  async addKey(key: ApplicationKey): Promise<void> {
    await this.#database.query({ text: INSERT_KEY, values: keyValues(key) })
  }

  async findKey(prefix: string): Promise<ApplicationKey | undefined> {
    const [row] = await this.#database.read<KeyRow>({
      name: 'find-key',
      text: 'SELECT * FROM application_keys WHERE prefix = $1',
      values: [prefix],
    })
    return row && toKey(row)
  }

  async keysOf(id: ApplicationId): Promise<readonly ApplicationKey[]> {
    const rows = await this.#database.read<KeyRow>({
      text: 'SELECT * FROM application_keys WHERE application = $1 ORDER BY created_at, prefix',
      values: [id],
    })
    return rows.map(toKey)
  }

  revokeKey(prefix: string, at: Instant): Promise<boolean> {
    const text = 'UPDATE application_keys SET revoked_at = coalesce(revoked_at, $2) WHERE prefix = $1 RETURNING prefix'
    return this.#update(text, [prefix, at])
  }

  async replaceKey(prefix: string, by: ApplicationKey, endsAt: Instant, now: Instant): Promise<boolean> {
    const replaced = await this.#database.transaction(async (query) => {
      const ended = await query(
        `UPDATE application_keys SET expires_at = least(expires_at, $2::bigint)
         WHERE prefix = $1 AND revoked_at IS NULL AND coalesce(expires_at > $3, true) RETURNING prefix`,
        [prefix, endsAt, now],
      )
      if (ended.length === 0) return false
      await query(INSERT_KEY, keyValues(by))
      return true
    })
    this.changes.tell()
    return replaced
  }

  async noteKeyUses(uses: readonly KeyUse[]): Promise<void> {
    await this.#database.query({
      // In one order by everybody: gateways that note the same keys do not wait for one another in a circle.
      text: `WITH noted AS MATERIALIZED (
               SELECT k.prefix, u.at FROM unnest($1::text[], $2::bigint[]) AS u (prefix, at)
               JOIN application_keys k ON k.prefix = u.prefix ORDER BY k.prefix FOR UPDATE OF k
             )
             UPDATE application_keys k SET last_used_at = greatest(k.last_used_at, n.at)
             FROM (SELECT prefix, max(at) AS at FROM noted GROUP BY prefix) AS n WHERE k.prefix = n.prefix`,
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
