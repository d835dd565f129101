import type { Database } from 'better-sqlite3'
import type { OperatorProfile } from '../../domain/availability.js'
import type { Author } from '../../ports/store/audit.js'
import type { ProfileStore } from '../../ports/store/profiles.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { pageOfProfiles } from '../store-common/kept-profiles.js'
import { type ProfileRow, toProfile } from '../store-common/rows/profiles.js'
import type { SqliteChanges } from './changes.js'

export class SqliteProfiles implements ProfileStore {
  readonly #commits: GroupCommit
  readonly #changes: SqliteChanges
  readonly #sql
  /** There are few, and every create needs one. */
  readonly #profiles: Map<string, OperatorProfile>

  constructor(db: Database, commits: GroupCommit, changes: SqliteChanges) {
    this.#commits = commits
    this.#changes = changes
    this.#sql = {
      find: db.prepare<[string], string>('SELECT body FROM profiles WHERE name = ?').pluck(),
      put: db.prepare('INSERT OR REPLACE INTO profiles (name, body) VALUES (?, ?)'),
      delete: db.prepare('DELETE FROM profiles WHERE name = ?'),
    }
    const rows = db.prepare<[], ProfileRow>('SELECT name, body FROM profiles').all()
    this.#profiles = new Map(rows.map((row) => [row.name, toProfile(row)]))
  }

  async find(name: string): Promise<OperatorProfile | undefined> {
    return this.#profiles.get(name)
  }

  async list(after: string | undefined, limit: number): Promise<readonly OperatorProfile[]> {
    return pageOfProfiles(this.#profiles, after, limit)
  }

  put(profile: OperatorProfile, author: Author): Promise<void> {
    return this.#commits.write(() => {
      this.#changes.record(author, 'profile', profile.name, this.#stored(profile.name), profile)
      this.#sql.put.run(profile.name, JSON.stringify(profile))
      this.#commits.afterCommit(() => this.#profiles.set(profile.name, profile))
    })
  }

  delete(name: string, author: Author): Promise<boolean> {
    return this.#commits.write(() => {
      const before = this.#stored(name)
      if (before === undefined) return false
      this.#changes.record(author, 'profile', name, before, undefined)
      this.#commits.afterCommit(() => this.#profiles.delete(name))
      return this.#sql.delete.run(name).changes > 0
    })
  }

  /** As of this turn's writes: memory has the state of the last commit. */
  #stored(name: string): OperatorProfile | undefined {
    const body = this.#sql.find.get(name)
    return body === undefined ? undefined : toProfile({ name, body })
  }
}
