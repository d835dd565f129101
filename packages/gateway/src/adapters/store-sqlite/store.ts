// The embedded store: one SQLite file, one gateway, one fsync for all commits of a turn of the event loop.

import { instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import { type Ciphertext, type Store, StoreUnavailable } from '../../ports/store.js'
import { GroupCommit } from '../sqlite/group-commit.js'
import { SqliteApplications } from './applications.js'
import { type DatabaseOptions, openDatabase } from './database.js'
import { SqliteDevices } from './devices.js'
import { SqliteEvents } from './events.js'
import { NetworkTasks } from './network-tasks.js'
import { SqliteProfiles } from './profiles.js'
import { SqliteProofs } from './proofs.js'
import { migrate } from './schema.js'
import { SqliteSessions } from './sessions.js'
import { SqliteWork } from './work.js'

export interface SqliteStoreOptions extends DatabaseOptions {
  /** Milliseconds since the epoch that no sandbox moves. Default: the machine's. */
  readonly realNow?: () => number
  /** Milliseconds that only go forward, for leases. Default: the process's. */
  readonly monotonicNow?: () => number
}

/** Rows rewritten or forgotten in one commit: what is done in the background must not hold up the others. */
const BATCH = 500

/** Settings that are ciphertext. */
const SECRET_SETTINGS = "name IN ('pseudonym-secret', 'assertion-keys')"

const DAY_MS = 86_400_000

/**
 * Opens the store and brings its schema up to date.
 * @throws {Error} another gateway has it open; or a newer version wrote it; or it cannot be read or written
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { realNow = Date.now, monotonicNow = () => performance.now() } = options
  const { db, close } = openDatabase(options)
  try {
    migrate(db)
    return assemble(db, { realNow, monotonicNow, close })
  } catch (error) {
    close()
    throw error
  }
}

interface Surroundings {
  readonly realNow: () => number
  readonly monotonicNow: () => number
  readonly close: () => void
}

function assemble(db: Database, { realNow, monotonicNow, close }: Surroundings): Store {
  const commits = new GroupCommit(db)
  const tasks = new NetworkTasks(db, commits, monotonicNow)
  const events = new SqliteEvents(db, commits, monotonicNow, (delivery) => work.tell({ delivery }))
  const sessions = new SqliteSessions({ db, commits, tasks, events, realNow, onWork: (hint) => work.tell(hint) })
  const work = new SqliteWork({ db, commits, tasks, toStored: sessions.toStored, monotonicNow })
  const getSetting = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const setSetting = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')
  const tidyIdempotency = db.prepare(
    `DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency AS old WHERE created_at <= ?
       AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = old.session) LIMIT ?)`,
  )
  const secretsIn = (table: string, key: string, secret: string, where: string) => ({
    read: db.prepare<{ unless: string }, { key: string; secret: Ciphertext }>(
      `SELECT ${key} AS key, ${secret} AS secret FROM ${table}
       WHERE ${where} AND substr(${secret}, 1, length(@unless)) <> @unless LIMIT ${BATCH}`,
    ),
    write: db.prepare(`UPDATE ${table} SET ${secret} = ? WHERE ${key} = ? AND ${secret} = ?`),
  })
  const secrets = [
    secretsIn('sinks', 'session', 'credential', 'credential IS NOT NULL'),
    secretsIn('signing_secrets', 'id', 'secret', 'true'),
    secretsIn('settings', 'name', 'value', SECRET_SETTINGS),
  ]
  return {
    sessions,
    work,
    events,
    applications: new SqliteApplications(db, commits),
    proofs: new SqliteProofs(db, commits),
    devices: new SqliteDevices(db, commits),
    profiles: new SqliteProfiles(db, commits),
    settings: {
      get: async (name) => getSetting.get(name),
      set: (name, value) => commits.write(() => void setSetting.run(name, value)),
    },
    async tidy(now, realAt, historyMs) {
      while ((await commits.write(() => tidyIdempotency.run(realAt - DAY_MS, BATCH).changes)) === BATCH);
      await events.tidy(instant(now - historyMs), realAt)
    },
    async rewriteSecrets(unless, rewrite) {
      let rewritten = 0
      for (const { read, write } of secrets) {
        for (let rows = read.all({ unless }); rows.length > 0; rows = read.all({ unless })) {
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
      close()
    },
  }
}
