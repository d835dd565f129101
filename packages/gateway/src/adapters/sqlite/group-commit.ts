// One transaction, and so one fsync, for all writes of one turn of the event loop. An fsync costs some 0.2 ms and a
// write some 0.01 ms: alone, a thousand requests wait a thousand times.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { Database } from './driver.js'

interface Write {
  /** Runs inside the transaction. It may refuse by throwing, but only before it has written anything. */
  run(): unknown
  resolve(result: never): void
  reject(error: unknown): void
}

/** Thrown by a write to refuse: the others of its turn are not affected. */
export class Refusal extends Error {
  constructor(override readonly cause: Error) {
    super(cause.message)
  }
}

/** Errors of SQLite that are caused by the disk or another process, and not by a write. */
const UNAVAILABLE = /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|NOMEM|READONLY)/

export class GroupCommit {
  #waiting: Write[] = []
  #afterCommit: (() => void)[] = []
  readonly #beforeCommit = new Set<() => void>()
  #scheduled = false
  readonly #begin
  readonly #commit
  readonly #rollback
  readonly #db: Database
  readonly #onRollback: () => void

  /** @param onRollback called when a transaction was rolled back: changes in memory by its writes are void */
  constructor(db: Database, onRollback: () => void = () => undefined) {
    this.#db = db
    this.#onRollback = onRollback
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#rollback = db.prepare('ROLLBACK')
  }

  /**
   * Resolves with what `run` returned, once it is on the disk.
   * @throws {StoreUnavailable} the store cannot be written now
   */
  write<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run, resolve, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      // After the poll phase: requests that arrived together are written together.
      setImmediate(() => this.flush())
    })
  }

  /** For use inside a write: `finish` runs once, inside the transaction, after all its writes. */
  beforeCommit(finish: () => void): void {
    this.#beforeCommit.add(finish)
  }

  /** For use inside a write: `tell` is called once the write is on the disk, and never if it fails. */
  afterCommit(tell: () => void): void {
    this.#afterCommit.push(tell)
  }

  /** Writes everything that waits, now. */
  flush(): void {
    this.#scheduled = false
    const writes = this.#waiting
    this.#waiting = []
    if (writes.length > 0) this.#carryOut(writes)
  }

  #carryOut(writes: readonly Write[]): void {
    let tell: () => void
    try {
      tell = this.#transaction(writes)
    } catch (error) {
      if (writes.length > 1 && !(error instanceof StoreUnavailable)) {
        // An unexpected failure has rolled back the turn. Written one by one, only the culprit fails.
        for (const write of writes) this.#carryOut([write])
      } else {
        for (const { reject } of writes) reject(error)
      }
      return
    }
    tell()
  }

  /** Runs `writes` in one transaction. Returns the functions that resolve their callers. */
  #transaction(writes: readonly Write[]): () => void {
    this.#afterCommit = []
    const outcomes: (() => void)[] = []
    try {
      this.#begin.run()
      for (const { run, resolve, reject } of writes) {
        try {
          const result = run() as never
          outcomes.push(() => resolve(result))
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          outcomes.push(() => reject(error.cause))
        }
      }
      for (const finish of this.#beforeCommit) finish()
      this.#beforeCommit.clear()
      this.#commit.run()
    } catch (error) {
      if (this.#db.inTransaction) this.#rollback.run()
      this.#afterCommit = []
      this.#beforeCommit.clear()
      this.#onRollback()
      if (!(error instanceof Database.SqliteError && UNAVAILABLE.test(error.code))) throw error
      throw new StoreUnavailable(`the database cannot be written: ${error.message}`, { cause: error })
    }
    const listeners = this.#afterCommit
    this.#afterCommit = []
    return () => {
      for (const settle of outcomes) settle()
      for (const listener of listeners) listener()
    }
  }
}
