import type { QosProfile } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { ProfileStore } from '../../ports/store.js'
import type { GroupCommit } from '../sqlite/group-commit.js'

export class SqliteProfiles implements ProfileStore {
  readonly #commits: GroupCommit
  readonly #sql
  /** There are few, and every create asks for one. */
  readonly #profiles: Map<string, QosProfile>

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#sql = {
      put: db.prepare('INSERT OR REPLACE INTO profiles (name, body) VALUES (?, ?)'),
      delete: db.prepare('DELETE FROM profiles WHERE name = ?'),
    }
    const bodies = db.prepare<[], string>('SELECT body FROM profiles').pluck().all()
    this.#profiles = new Map(bodies.map((body) => JSON.parse(body) as QosProfile).map((body) => [body.name, body]))
  }

  async find(name: string): Promise<QosProfile | undefined> {
    return this.#profiles.get(name)
  }

  async list(): Promise<readonly QosProfile[]> {
    return [...this.#profiles.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  put(profile: QosProfile): Promise<void> {
    return this.#commits.write(() => {
      this.#sql.put.run(profile.name, JSON.stringify(profile))
      this.#commits.afterCommit(() => this.#profiles.set(profile.name, profile))
    })
  }

  delete(name: string): Promise<boolean> {
    return this.#commits.write(() => {
      this.#commits.afterCommit(() => this.#profiles.delete(name))
      return this.#sql.delete.run(name).changes > 0
    })
  }
}
