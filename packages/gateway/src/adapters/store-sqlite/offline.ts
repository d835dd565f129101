// Operations on a store's file from outside, whether or not a gateway has it open: inspect it, copy it.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Instant, instant } from '@rightofway/camara'
import { Database } from '../sqlite/driver.js'
import { mark, refuseForeignLog } from './copies.js'
import { SCHEMA_VERSION } from './schema.js'

export interface StoreReport {
  readonly schemaVersion: number
  /** The newest version that this gateway supports. */
  readonly knownSchemaVersion: number
  /** The findings of SQLite's own check; empty if nothing is wrong. */
  readonly damage: readonly string[]
  readonly sessions: number
  /** When the last event happened, by the gateway's clock; undefined if there is none. */
  readonly lastEventAt: Instant | undefined
  /** How far the clock of a sandbox is ahead of the machine's, in milliseconds. */
  readonly sandboxOffsetMs: number
}

/**
 * Inspects a store without changing it.
 * @param indexes whether indexes are compared with tables, which takes several times as long. Default: `true`
 * @throws {Error} it is missing, cannot be read, or is no store of a gateway
 */
export function inspectStore(file: string, { indexes = true } = {}): StoreReport {
  const db = openExisting(file)
  try {
    const single = <T>(sql: string) => db.prepare(sql).pluck().get() as T
    const check = indexes ? 'integrity_check' : 'quick_check'
    const damage = (db.pragma(check, { simple: false }) as Record<typeof check, string>[])
      .map((row) => row[check])
      .filter((line) => line !== 'ok')
    const last = single<number | null>('SELECT max(at) FROM events')
    return {
      schemaVersion: single<number>('PRAGMA user_version'),
      knownSchemaVersion: SCHEMA_VERSION,
      damage,
      sessions: single<number>('SELECT count(*) FROM sessions'),
      lastEventAt: last === null ? undefined : instant(last),
      sandboxOffsetMs: Number(
        single<string | undefined>("SELECT value FROM settings WHERE name = 'sandbox-clock-offset-ms'") ?? 0,
      ),
    }
  } finally {
    db.close()
  }
}

/**
 * One setting of a store; undefined if it is absent.
 * @throws {Error} as {@link inspectStore}
 */
export function settingOfStore(file: string, name: string): string | undefined {
  const db = openExisting(file)
  try {
    return db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck().get(name)
  } finally {
    db.close()
  }
}

/**
 * Copies a store as of one moment, while a gateway may be writing to it: the copy is what one reader of SQLite's log
 * sees, and readers and the writer do not wait for each other. It is complete and on the disk under its name, or
 * absent.
 * @param verify whether indexes of the copy are compared with its tables: they are copied as they are. Default: `false`
 * @param replace whether an existing copy that is a database itself may be replaced. Default: `false`
 * @throws {Error} the store cannot be read; `copy` exists and may not be replaced; the disk is full
 */
export async function backupStore(
  file: string,
  copy: string,
  { replace = false, verify = false } = {},
): Promise<StoreReport> {
  if (existsSync(copy)) await refuseReplacing(file, copy, replace)
  // A name that no other file has.
  const partial = `${copy}.${randomUUID()}.partial`
  const db = openExisting(file)
  try {
    db.prepare('VACUUM INTO ?').run(partial)
    markCopy(partial)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  } finally {
    db.close()
  }
  // A copy that cannot be used is found now, not on the day it is needed.
  const report = inspectStore(partial, { indexes: verify })
  refuseDamaged(file, report)
  await syncToDisk(partial)
  await rename(partial, copy)
  await syncToDisk(dirname(copy))
  return report
}

/** @throws {Error} damage was found */
function refuseDamaged(file: string, { damage }: StoreReport): void {
  if (damage.length > 0) throw new Error(`${file} is damaged: ${damage.slice(0, MAX_DAMAGE).join('; ')}`)
}

/** The most findings that are reported. */
const MAX_DAMAGE = 3

const SQLITE_HEADER = 'SQLite format 3\0'

/** @throws {Error} `copy` is the store itself or no database, or `replace` is not set */
async function refuseReplacing(file: string, copy: string, replace: boolean): Promise<void> {
  if (!replace) throw new Error(`${copy} already exists: nothing was changed`)
  const [store, there] = await Promise.all([stat(file), stat(copy)])
  if (store.ino === there.ino && store.dev === there.dev) {
    throw new Error(`${copy} is the store itself: nothing was changed`)
  }
  if (there.isFile() && (there.size === 0 || (await beginningOf(copy)) === SQLITE_HEADER)) return
  throw new Error(`${copy} exists and is not a backup: nothing was changed`)
}

async function beginningOf(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SQLITE_HEADER.length))
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

function openExisting(file: string): Database {
  if (!existsSync(file)) throw new Error(`there is no store at ${file}`)
  refuseForeignLog(file)
  return new Database(file, { fileMustExist: true })
}

function markCopy(file: string): void {
  const db = new Database(file, { fileMustExist: true })
  try {
    mark(db, true)
  } finally {
    db.close()
  }
}

/** Syncs a file, or the contents of a folder, to the disk. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
