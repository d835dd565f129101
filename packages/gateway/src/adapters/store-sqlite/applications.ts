import type { ApplicationId, Instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { ClientKeys } from '../../domain/application.js'
import type { OwnLimits } from '../../domain/limits.js'
import type { Application, ApplicationKey, ApplicationStore, KeyUse } from '../../ports/store/applications.js'
import type { Author } from '../../ports/store/audit.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { WatchedWrites } from '../sqlite/watched-writes.js'
import { type ApplicationRow, type KeyRow, toApplication, toKey } from '../store-common/rows/applications.js'
import type { SqliteChanges } from './changes.js'

export class SqliteApplications implements ApplicationStore {
  readonly #commits: GroupCommit
  readonly #changes: WatchedWrites
  readonly #records: SqliteChanges
  readonly #sql

  constructor(db: Database, commits: GroupCommit, records: SqliteChanges) {
    this.#commits = commits
    this.#records = records
    this.#changes = new WatchedWrites(commits)
    this.#sql = {
      insert: db.prepare('INSERT INTO applications (id, name, created_at) VALUES (?, ?, ?)'),
      find: db.prepare<[string], ApplicationRow>('SELECT * FROM applications WHERE id = ?'),
      list: db.prepare<[string, number], ApplicationRow>('SELECT * FROM applications WHERE id > ? ORDER BY id LIMIT ?'),
      rename: db.prepare('UPDATE applications SET name = ? WHERE id = ?'),
      suspend: db.prepare('UPDATE applications SET suspended_at = ? WHERE id = ?'),
      setLimits: db.prepare('UPDATE applications SET limits = ? WHERE id = ?'),
      insertKey: db.prepare(
        `INSERT INTO application_keys (prefix, application, hash, name, scopes, compatibility, client, created_at,
           expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      findKey: db.prepare<[string], KeyRow>('SELECT * FROM application_keys WHERE prefix = ?'),
      keysOf: db.prepare<{ id: string; after: string | null; limit: number }, KeyRow>(
        `SELECT * FROM application_keys WHERE application = @id
           AND (@after IS NULL
             OR (created_at, prefix) > (SELECT created_at, prefix FROM application_keys WHERE prefix = @after))
         ORDER BY created_at, prefix LIMIT @limit`,
      ),
      expire: db.prepare(
        `UPDATE application_keys SET expires_at = min(coalesce(expires_at, @endsAt), @endsAt)
         WHERE prefix = @prefix AND revoked_at IS NULL AND coalesce(expires_at > @now, true)`,
      ),
      setClientKeys: db.prepare(
        `UPDATE application_keys SET client = json_set(client, '$.keys', json(?))
         WHERE prefix = ? AND json_extract(client, '$.keys') IS NOT NULL`,
      ),
      noteUse: db.prepare(
        'UPDATE application_keys SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE prefix = ?',
      ),
      revoke: db.prepare('UPDATE application_keys SET revoked_at = coalesce(revoked_at, ?) WHERE prefix = ?'),
    }
  }

  create({ id, name, createdAt }: Application): Promise<void> {
    return this.#commits.write(() => void this.#sql.insert.run(id, name, createdAt))
  }

  async find(id: ApplicationId): Promise<Application | undefined> {
    const row = this.#sql.find.get(id)
    return row && toApplication(row)
  }

  async list(after: ApplicationId | undefined, limit: number): Promise<readonly Application[]> {
    return this.#sql.list.all(after ?? '', limit).map(toApplication)
  }

  rename(id: ApplicationId, name: string): Promise<boolean> {
    return this.#changes.write(() => this.#sql.rename.run(name, id).changes > 0)
  }

  suspend(id: ApplicationId, at: Instant | undefined): Promise<boolean> {
    return this.#changes.write(() => this.#sql.suspend.run(at ?? null, id).changes > 0)
  }

  setLimits(id: ApplicationId, limits: OwnLimits | undefined, author: Author): Promise<boolean> {
    return this.#changes.write(() => {
      const row = this.#sql.find.get(id)
      if (row === undefined) return false
      this.#records.record(author, 'limits', id, toApplication(row).limits, limits)
      return this.#sql.setLimits.run(limits === undefined ? null : JSON.stringify(limits), id).changes > 0
    })
  }

  addKey(key: ApplicationKey): Promise<void> {
    return this.#changes.write(() => this.#insertKey(key))
  }

  #insertKey(key: ApplicationKey): void {
    const { prefix, application, hash, name = null, compatibility, createdAt, expiresAt = null } = key
    const [scopes, client] = [key.scopes, key.client].map((list) => (list === undefined ? null : JSON.stringify(list)))
    this.#sql.insertKey.run(prefix, application, hash, name, scopes, compatibility, client, createdAt, expiresAt)
  }

  async findKey(prefix: string): Promise<ApplicationKey | undefined> {
    const row = this.#sql.findKey.get(prefix)
    return row && toKey(row)
  }

  async keysOf(id: ApplicationId, after: string | undefined, limit: number): Promise<readonly ApplicationKey[]> {
    return this.#sql.keysOf.all({ id, after: after ?? null, limit }).map(toKey)
  }

  revokeKey(prefix: string, at: Instant): Promise<boolean> {
    return this.#changes.write(() => this.#sql.revoke.run(at, prefix).changes > 0)
  }

  replaceKey(prefix: string, by: ApplicationKey, endsAt: Instant, now: Instant): Promise<boolean> {
    return this.#changes.write(() => {
      if (this.#sql.expire.run({ prefix, endsAt, now }).changes === 0) return false
      this.#insertKey(by)
      return true
    })
  }

  setClientKeys(prefix: string, keys: ClientKeys): Promise<boolean> {
    return this.#changes.write(() => this.#sql.setClientKeys.run(JSON.stringify(keys), prefix).changes > 0)
  }

  noteKeyUses(uses: readonly KeyUse[]): Promise<void> {
    return this.#commits.write(() => {
      for (const { prefix, at } of uses) this.#sql.noteUse.run(at, prefix)
    })
  }

  watch(listener: () => void): () => void {
    return this.#changes.watch(listener)
  }
}
