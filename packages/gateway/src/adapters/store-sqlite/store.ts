// The embedded store: one SQLite file, one gateway, one fsync for all commits of a turn of the event loop.

import type { Instant } from '@rightofway/camara'
import Database from 'better-sqlite3'
import { type Ciphertext, type Store, StoreUnavailable } from '../../ports/store.js'
import { GroupCommit } from '../sqlite/group-commit.js'
import { SqliteApplications } from './applications.js'
import { SqliteDevices } from './devices.js'
import { SqliteEvents } from './events.js'
import { NetworkTasks } from './network-tasks.js'
import { SqliteProfiles } from './profiles.js'
import { migrate } from './schema.js'
import { SqliteSessions } from './sessions.js'
import { SqliteWork } from './work.js'

export interface SqliteStoreOptions {
  /** Path of the file, made if it is not there; `:memory:` keeps nothing. */
  readonly file: string
  /** `OFF` loses commits when the power fails: for tests that show that they would notice. Default: `FULL`. */
  readonly synchronous?: 'FULL' | 'OFF'
  /** Milliseconds since the epoch that no sandbox moves. Default: the machine's. */
  readonly realNow?: () => number
  /** Milliseconds that only go forward, for leases. Default: the process's. */
  readonly monotonicNow?: () => number
}

/** Secrets rewritten in one commit. */
const REWRITE_BATCH = 200

/** Settings that are ciphertext. */
const SECRET_SETTINGS = "name IN ('pseudonym-secret')"

const DAY_MS = 86_400_000

/** Pages written to the log before they are moved to the file: fewer, longer pauses cost less in all. */
const CHECKPOINT_PAGES = 16_000
const CACHE_KIB = 64 * 1024

/**
 * Opens the store and brings its schema up to date.
 * @throws {Error} another gateway has it open; or a newer version wrote it; or it cannot be read or written
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { file, synchronous = 'FULL', realNow = Date.now, monotonicNow = () => performance.now() } = options
  const unlock = file === ':memory:' ? () => undefined : lock(file)
  try {
    const db = new Database(file)
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${synchronous}`)
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    migrate(db)
    return assemble(db, { realNow, monotonicNow, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * Two gateways on one file would each miss the other's timers. The lock is one of SQLite's own, on a file beside the
 * store, so that it goes with the process however that ends, and so that the store itself can be read and backed up.
 */
function lock(file: string): () => void {
  const holder = new Database(`${file}.lock`, { timeout: 0 })
  try {
    holder.pragma('journal_mode = DELETE')
    holder.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    holder.close()
    throw new Error(`${file} is in use by another gateway: one gateway per store. Stop that one first.`, {
      cause: error,
    })
  }
  return () => holder.close()
}

interface Surroundings {
  readonly realNow: () => number
  readonly monotonicNow: () => number
  readonly unlock: () => void
}

function assemble(db: Database.Database, { realNow, monotonicNow, unlock }: Surroundings): Store {
  const commits = new GroupCommit(db)
  const tasks = new NetworkTasks(db, commits, monotonicNow)
  const events = new SqliteEvents(db, commits, monotonicNow, () => work.tell({ delivery: true }))
  const sessions = new SqliteSessions({ db, commits, tasks, events, realNow, onWork: (hint) => work.tell(hint) })
  const work = new SqliteWork({ db, commits, tasks, toStored: sessions.toStored, monotonicNow })
  const getSetting = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const setSetting = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')
  const tidyIdempotency = db.prepare(
    'DELETE FROM idempotency WHERE created_at <= ? AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = idempotency.session)',
  )
  const tidyEvents = db.prepare("DELETE FROM events WHERE at <= ? AND delivery <> 'waiting'")
  const tidySinks = db.prepare(
    `DELETE FROM sinks WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE id = sinks.session)
     AND NOT EXISTS (SELECT 1 FROM events WHERE session = sinks.session AND delivery IN ('waiting', 'dead'))`,
  )
  const secretTables = [
    {
      read: db.prepare<{ unless: string; limit: number }, { key: string; secret: Ciphertext }>(
        `SELECT session AS key, credential AS secret FROM sinks
         WHERE credential IS NOT NULL AND substr(credential, 1, length(@unless)) <> @unless LIMIT @limit`,
      ),
      write: db.prepare('UPDATE sinks SET credential = ? WHERE session = ? AND credential = ?'),
    },
    {
      read: db.prepare<{ unless: string; limit: number }, { key: string; secret: Ciphertext }>(
        `SELECT name AS key, value AS secret FROM settings
         WHERE ${SECRET_SETTINGS} AND substr(value, 1, length(@unless)) <> @unless LIMIT @limit`,
      ),
      write: db.prepare('UPDATE settings SET value = ? WHERE name = ? AND value = ?'),
    },
  ]
  return {
    sessions,
    work,
    events,
    applications: new SqliteApplications(db, commits),
    devices: new SqliteDevices(db, commits),
    profiles: new SqliteProfiles(db, commits),
    settings: {
      get: async (name) => getSetting.get(name),
      set: (name, value) => commits.write(() => void setSetting.run(name, value)),
    },
    tidy: (now: Instant, realAt: Instant, historyMs: number) =>
      commits.write(() => {
        tidyIdempotency.run(realAt - DAY_MS)
        tidyEvents.run(now - historyMs)
        tidySinks.run()
      }),
    async rewriteSecrets(unless, rewrite) {
      let rewritten = 0
      for (const { read, write } of secretTables) {
        const page = { unless, limit: REWRITE_BATCH }
        for (let rows = read.all(page); rows.length > 0; rows = read.all(page)) {
          rewritten += await commits.write(() =>
            rows.reduce((count, { key, secret }) => count + write.run(rewrite(secret), key, secret).changes, 0),
          )
        }
      }
      return rewritten
    },
    ping: () =>
      commits
        .write(() => void setSetting.run('last-ping', String(realNow())))
        .catch((error: unknown) => {
          throw new StoreUnavailable('the store cannot be written', { cause: error })
        }),
    async close() {
      commits.flush()
      db.close()
      unlock()
    },
  }
}
