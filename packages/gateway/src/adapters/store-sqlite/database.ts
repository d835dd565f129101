// The file of the store: it belongs to one gateway at a time, and is checked before it is used.

import { existsSync } from 'node:fs'
import { Database } from '../sqlite/driver.js'
import { DAMAGED, FULL } from '../sqlite/state-file.js'
import { isCopy, mark, refuseForeignLog } from './copies.js'
import { refuseNewer } from './schema.js'

export interface DatabaseOptions {
  /** Path of the file, created if it is missing; `:memory:` keeps nothing after the process. */
  readonly file: string
  /** `OFF` loses commits in a power failure: for tests that prove that they would notice. Default: `FULL`. */
  readonly synchronous?: 'FULL' | 'OFF'
  /** Called with every statement and its values, to find slow ones. Default: none. */
  readonly trace?: (sql: string) => void
}

/** Pages in the log before a checkpoint: fewer, longer pauses cost less in all. */
const CHECKPOINT_PAGES = 16_000
const CACHE_KIB = 64 * 1024

/** Another process can only be an administrator's tool. Waiting for it blocks the whole gateway. */
const LOCK_WAIT_MS = 250

const IN_MEMORY = ':memory:'

export interface OpenedDatabase {
  readonly db: Database
  /** Closes it, and unlocks it for others. */
  close(): void
}

/**
 * Opens the database and locks out every other gateway until it is closed.
 * @throws {Error} another gateway has it open; or a newer version wrote it; or it cannot be read or written
 */
export function openDatabase(options: DatabaseOptions): OpenedDatabase {
  const { file } = options
  try {
    return file === IN_MEMORY ? openForWriting(options) : openFile(options)
  } catch (error) {
    throw whyNot(file, error)
  }
}

/** Why a store cannot be opened, for people; another error unchanged. */
export function whyNot(file: string, error: unknown): unknown {
  // A missing folder is a TypeError.
  if (!(error instanceof Database.SqliteError || error instanceof TypeError)) return error
  const code = error instanceof Database.SqliteError ? error.code : ''
  const advice = DAMAGED.test(code)
    ? 'It is damaged, or not a store. Nothing was changed: keep it, and restore a backup with `rightofway restore` ' +
      '(docs/operate/operations.md).'
    : FULL.test(code)
      ? 'Nothing is lost: free space on its disk, and start again.'
      : 'It must be a file of this gateway in an existing folder, and both must be writable for the user of the ' +
        'gateway.'
  return new Error(`the store ${file} cannot be opened: ${error.message}. ${advice}`, { cause: error })
}

function openFile(options: DatabaseOptions): OpenedDatabase {
  const unlock = lock(options.file)
  try {
    refuseForeignLog(options.file)
    if (existsSync(options.file)) lookAt(options.file)
    const { db, close } = openForWriting(options)
    return {
      db,
      close() {
        close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * Two gateways on one file would each miss the other's timers. The lock is one of SQLite's own: it is released when the
 * process ends in any way. It is on a file beside the store, so that the store itself can be read and backed up.
 */
export function lock(file: string): () => void {
  const holder = new Database(`${file}.lock`, { timeout: 0 })
  try {
    holder.pragma('journal_mode = DELETE')
    holder.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    holder.close()
    if (!(error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')) throw error
    throw new Error(
      `${file} is in use by another gateway, and only one gateway can use it. Stop the other gateway first.`,
      {
        cause: error,
      },
    )
  }
  return () => holder.close()
}

/**
 * @throws {Error} a gateway has the store open
 */
export function refuseInUse(file: string): void {
  if (existsSync(`${file}.lock`)) lock(file)()
}

/** Opening a file for writing may already change it: a newer one is only read. */
function lookAt(file: string): void {
  const db = new Database(file, { readonly: true })
  try {
    refuseNewer(db)
  } finally {
    db.close()
  }
}

function openForWriting({ file, synchronous = 'FULL', trace }: DatabaseOptions): OpenedDatabase {
  const db = new Database(file, { timeout: LOCK_WAIT_MS, ...(trace && { verbose: (sql) => trace(String(sql)) }) })
  try {
    // From now on a log beside it is its own.
    if (file !== IN_MEMORY && isCopy(file)) mark(db, false)
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${synchronous}`)
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    // SQLite silently opens a read-only file: it is better to fail now than at the first session.
    db.exec(`BEGIN; PRAGMA user_version = ${db.pragma('user_version', { simple: true })}; ROLLBACK`)
    return { db, close: () => void db.close() }
  } catch (error) {
    db.close()
    throw error
  }
}
