import type { ApplicationId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { GroupCommit } from '../sqlite/group-commit.js'

/**
 * How many live sessions each application has. Counted in memory inside the writes, and written once for all commits of
 * a turn, in their transaction: the count on the disk is exact, and creates share its cost.
 */
export class Usage {
  readonly #commits: GroupCommit
  readonly #live = new Map<ApplicationId, number>()
  readonly #changed = new Set<ApplicationId>()
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#sql = {
      find: db.prepare<[string], number>('SELECT live FROM usage WHERE owner = ?').pluck(),
      put: db.prepare('INSERT OR REPLACE INTO usage (owner, live) VALUES (?, ?)'),
    }
  }

  live(owner: ApplicationId): number {
    let live = this.#live.get(owner)
    if (live === undefined) {
      live = this.#sql.find.get(owner) ?? 0
      this.#live.set(owner, live)
    }
    return live
  }

  /** For use inside a write. */
  add(owner: ApplicationId, sessions: 1 | -1): void {
    this.#live.set(owner, this.live(owner) + sessions)
    this.#changed.add(owner)
    this.#commits.beforeCommit(this.#write)
  }

  /** The counts since the last commit are void. */
  readonly forget = (): void => {
    this.#live.clear()
    this.#changed.clear()
  }

  readonly #write = (): void => {
    for (const owner of this.#changed) this.#sql.put.run(owner, this.live(owner))
    this.#changed.clear()
  }
}
