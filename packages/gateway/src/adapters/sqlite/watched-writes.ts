import type { GroupCommit } from './group-commit.js'

/** Writes with watchers, which are called once they are on the disk. */
export class WatchedWrites {
  readonly #commits: GroupCommit
  readonly #listeners = new Set<() => void>()

  constructor(commits: GroupCommit) {
    this.#commits = commits
  }

  write<T>(run: () => T): Promise<T> {
    return this.#commits.write(() => {
      this.#commits.afterCommit(() => {
        for (const listener of this.#listeners) listener()
      })
      return run()
    })
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
