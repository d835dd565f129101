// The state files of networks, beside the store.

import { accessSync, constants, existsSync } from 'node:fs'
import { Database } from './driver.js'

/** Errors of SQLite for a file that is no database, or is damaged. */
export const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/
export const FULL = /^SQLITE_FULL/

/** Beside the file of a database. */
export const SUFFIXES = ['', '-wal', '-shm'] as const

export interface StateFileOptions {
  /** Path; `:memory:` keeps nothing after the process. */
  readonly file: string
  /** Its name in messages: `the file of the network simulator`. */
  readonly what: string
  /** `OFF` and `NORMAL` may lose the last commits in a power failure. */
  readonly synchronous: 'OFF' | 'NORMAL'
  /** Statements that create missing tables. */
  readonly schema: string
}

/**
 * Opens a state file, and creates it if it is missing.
 * @throws {Error} naming the file: it cannot be written, is damaged, or is no database
 */
export function openStateFile({ file, what, synchronous, schema }: StateFileOptions): Database {
  let db: Database | undefined
  try {
    db = new Database(file)
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${synchronous}`)
    db.exec(schema)
    // SQLite silently opens a read-only file.
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${db.pragma('user_version', { simple: true })}; ROLLBACK`)
    return db
  } catch (error) {
    db?.close()
    throw stateFileTrouble(what, file, error as Error)
  }
}

/**
 * Whether a state file can be opened, without changing it. A missing one can.
 * @throws {Error} like {@link openStateFile}
 */
export function checkStateFile(what: string, file: string): void {
  if (!existsSync(file)) return
  try {
    for (const suffix of SUFFIXES) {
      if (existsSync(file + suffix)) accessSync(file + suffix, constants.R_OK | constants.W_OK)
    }
    const db = new Database(file, { readonly: true })
    try {
      db.pragma('schema_version')
    } finally {
      db.close()
    }
  } catch (error) {
    throw stateFileTrouble(what, file, error as Error)
  }
}

function stateFileTrouble(what: string, file: string, error: Error): Error {
  const code = error instanceof Database.SqliteError ? error.code : ''
  const advice = DAMAGED.test(code)
    ? 'It is damaged, or not a file of a gateway. Nothing was changed: move it away, and start again.'
    : FULL.test(code)
      ? 'Free space on its disk, and start again.'
      : 'It must be a file in an existing folder, and both must be writable for the user of the gateway.'
  return new Error(`${what}, ${file}, cannot be opened: ${error.message}. ${advice}`, { cause: error })
}
