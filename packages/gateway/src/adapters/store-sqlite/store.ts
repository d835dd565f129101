// The embedded store: one SQLite file, one gateway, one fsync for all commits of a turn of the event loop.

import { instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { Store } from '../../ports/store/store.js'
import { GroupCommit } from '../sqlite/group-commit.js'
import { OnlyGateway } from '../store-common/only-gateway.js'
import { SqliteApplications } from './applications.js'
import { SqliteAudit } from './audit.js'
import { SqliteChanges } from './changes.js'
import { Damage } from './damage.js'
import { type DatabaseOptions, openDatabase, whyNot } from './database.js'
import { SqliteDevices } from './devices.js'
import { SqliteEvents } from './events.js'
import { SqliteGrants } from './grants.js'
import { NetworkTasks } from './network-tasks.js'
import { OverdueSweep } from './overdue-sweep.js'
import { SqliteProfiles } from './profiles.js'
import { SqliteRemoteReservations } from './remote-reservations.js'
import { migrate } from './schema.js'
import { rewriteSecrets, SqliteSecrets } from './secrets.js'
import { SqliteSessions } from './sessions.js'
import { SqliteSinkCredentials } from './sink-credentials.js'
import { Usage } from './usage.js'
import { SqliteUsers } from './users.js'
import { SqliteWork } from './work.js'

export interface SqliteStoreOptions extends DatabaseOptions {
  /** Milliseconds since the epoch, never moved by a sandbox. Default: the machine's. */
  readonly realNow?: () => number
  /** Monotonic milliseconds, for leases. Default: the process's. */
  readonly monotonicNow?: () => number
  /** Of the gateway, for people. Default: none. */
  readonly name?: string
}

/** Rows deleted in one commit: background work must not block the others. */
const BATCH = 500

const DAY_MS = 86_400_000

/** The additional needs of a store in a thread: functions cannot be sent to it. */
export interface SqliteStore extends Store {
  readonly secrets: Pick<SqliteSecrets, 'outdated' | 'replace'>
  readonly work: SqliteWork
  readonly devices: SqliteDevices
}

/**
 * Opens the store and migrates its schema.
 * @throws {Error} another gateway has it open; or a newer version wrote it; or it cannot be read or written
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { realNow = Date.now, monotonicNow = () => performance.now(), name = '' } = options
  const { db, close } = openDatabase(options)
  try {
    migrate(db)
    const damage = new Damage(options.file)
    return damage.watch(assemble(db, { realNow, monotonicNow, name, damage, close }))
  } catch (error) {
    close()
    throw whyNot(options.file, error)
  }
}

interface Surroundings {
  readonly realNow: () => number
  readonly monotonicNow: () => number
  readonly name: string
  readonly damage: Damage
  readonly close: () => void
}

function assemble(db: Database, { realNow, monotonicNow, name, damage, close }: Surroundings): SqliteStore {
  const commits: GroupCommit = new GroupCommit(db, () => usage.forget())
  const usage = new Usage(db, commits)
  const changes = new SqliteChanges(db)
  const tasks = new NetworkTasks(db, commits, monotonicNow)
  const events = new SqliteEvents(db, commits, monotonicNow, (delivery) => work.tell({ delivery }))
  const sessions = new SqliteSessions({ db, commits, tasks, events, usage, realNow, onWork: (hint) => work.tell(hint) })
  const work = new SqliteWork({ db, commits, tasks, sessions, damage, monotonicNow })
  const getSetting = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const setSetting = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')
  const addSetting = db.prepare('INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)')
  const tidyIdempotency = db.prepare(
    `DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency AS old WHERE created_at <= ?
       AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = old.session) LIMIT ?)`,
  )
  const sweep = new OverdueSweep(db, commits)
  const secrets = new SqliteSecrets(db, commits)
  const grants = new SqliteGrants(db, commits)
  const devices = new SqliteDevices(db, commits)
  devices.resume((write) => db.transaction(write)())
  const remoteReservations = new SqliteRemoteReservations(db, commits)
  return {
    gateways: new OnlyGateway(name),
    sessions,
    work,
    events,
    applications: new SqliteApplications(db, commits, changes),
    grants,
    remoteReservations,
    sinkCredentials: new SqliteSinkCredentials(db, commits),
    devices,
    profiles: new SqliteProfiles(db, commits, changes),
    changes,
    users: new SqliteUsers(db, commits),
    audit: new SqliteAudit(db, commits),
    settings: {
      get: async (name) => getSetting.get(name),
      set: (name, value) => commits.write(() => void setSetting.run(name, value)),
      add: (name, value) => commits.write(() => addSetting.run(name, value).changes > 0),
    },
    async tidy(now, realAt, historyMs) {
      while ((await commits.write(() => tidyIdempotency.run(realAt - DAY_MS, BATCH).changes)) === BATCH);
      while ((await grants.tidy(realAt, BATCH)) === BATCH);
      while ((await remoteReservations.tidy(now, BATCH)) === BATCH);
      await events.tidy(instant(now - historyMs), realAt)
      try {
        await sweep.run(now)
      } catch (error) {
        // What the index lacked can be claimed now.
        work.tell({ timer: now })
        throw error
      }
    },
    secrets,
    rewriteSecrets: (unless, rewrite) => rewriteSecrets(secrets, unless, rewrite),
    ping: () =>
      commits
        .write(() => void setSetting.run('last-ping', String(realNow())))
        .catch((error: unknown) => {
          // Full, read-only, damaged: the caller has to know.
          if (error instanceof StoreUnavailable) throw error
          throw new StoreUnavailable('the store cannot be written', { cause: error })
        }),
    async close() {
      commits.flush()
      close()
    },
  }
}
