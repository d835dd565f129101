// Due sessions are found by an index. A session that a damaged index lacks would never end: the table is authoritative.

import { setImmediate } from 'node:timers/promises'
import { type Instant, instant, type SessionId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import { Database as Driver } from '../sqlite/driver.js'
import type { GroupCommit } from '../sqlite/group-commit.js'

/** Rows read in one turn of the event loop, so that others are not blocked. */
const SLICE = 500
/** A timer that is late by less is about to be fired (milliseconds). */
const LATE_MS = 60_000

interface Row {
  readonly rowid: number
  readonly id: SessionId
  readonly wakeAt: Instant | null
}

export class OverdueSweep {
  readonly #commits: GroupCommit
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#sql = {
      slice: db.prepare<[number, number], Row>(
        'SELECT rowid, id, wake_at AS wakeAt FROM sessions NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT ?',
      ),
      inIndex: db
        .prepare<[number, string], number>(
          'SELECT 1 FROM sessions INDEXED BY sessions_wake WHERE wake_at = ? AND +id = ?',
        )
        .pluck(),
      rebuild: db.prepare('REINDEX sessions_wake'),
    }
  }

  /**
   * Looks for overdue sessions that the index lacks, and rebuilds the index if there are any.
   * @throws {SqliteError} SQLITE_CORRUPT_INDEX: there were some; they can be claimed now
   */
  async run(now: Instant): Promise<void> {
    const missing = await this.#missing(instant(now - LATE_MS))
    if (missing === undefined) return
    await this.#commits.write(() => void this.#sql.rebuild.run())
    throw new Driver.SqliteError(
      `the index sessions_wake lacked session ${missing}, which was overdue; the index was rebuilt`,
      'SQLITE_CORRUPT_INDEX',
    )
  }

  async #missing(by: Instant): Promise<SessionId | undefined> {
    for (let last = 0; ; await setImmediate()) {
      const rows = this.#sql.slice.all(last, SLICE)
      const lost = rows.find(
        ({ id, wakeAt }) => wakeAt !== null && wakeAt <= by && this.#sql.inIndex.get(wakeAt, id) === undefined,
      )
      if (lost !== undefined) return lost.id
      if (rows.length < SLICE) return undefined
      last = (rows.at(-1) as Row).rowid
    }
  }
}
