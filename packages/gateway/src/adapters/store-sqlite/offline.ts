// What can be done with the file of a store from outside, whether or not a gateway has it open: look into it, copy it.

import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Instant, instant } from '@rightofway/camara'
import { Database } from '../sqlite/driver.js'
import { SCHEMA_VERSION } from './schema.js'

export interface StoreReport {
  readonly schemaVersion: number
  /** The newest that this version of the gateway knows. */
  readonly knownSchemaVersion: number
  /** What SQLite's own check found wrong with the file; empty while all is well. */
  readonly damage: readonly string[]
  readonly sessions: number
  /** When the last event happened, by the gateway's clock; undefined if nothing ever did. */
  readonly lastEventAt: Instant | undefined
  /** How far the clock of a sandbox is ahead of the machine's, in milliseconds. */
  readonly sandboxOffsetMs: number
}

/**
 * Looks into a store without changing it.
 * @throws {Error} it is not there, cannot be read, or is no store of a gateway
 */
export function inspectStore(file: string): StoreReport {
  const db = openExisting(file)
  try {
    const single = <T>(sql: string) => db.prepare(sql).pluck().get() as T
    const damage = (db.pragma('quick_check', { simple: false }) as { quick_check: string }[])
      .map(({ quick_check }) => quick_check)
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
 * One setting of a store; undefined where there is none.
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
 * Copies a store as it is at one moment, while a gateway may be writing to it: the copy is what one reader of SQLite's
 * log sees, and readers and the writer do not wait for each other. It is whole and on the disk under its name, or not
 * there at all.
 * @throws {Error} the store cannot be read; `copy` is there already and `replace` is not set; the disk is full
 */
export async function backupStore(file: string, copy: string, { replace = false } = {}): Promise<StoreReport> {
  if (existsSync(copy) && !replace) throw new Error(`${copy} is there already: nothing was changed`)
  const partial = `${copy}.partial`
  await rm(partial, { force: true })
  const db = openExisting(file)
  try {
    db.prepare('VACUUM INTO ?').run(partial)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  } finally {
    db.close()
  }
  // A copy that cannot be used is found now, not on the day it is needed.
  const report = inspectStore(partial)
  if (report.damage.length > 0) throw new Error(`${file} is damaged: ${report.damage.join('; ')}`)
  await sync(partial)
  await rename(partial, copy)
  await sync(dirname(copy))
  return report
}

function openExisting(file: string): Database {
  if (!existsSync(file)) throw new Error(`there is no store at ${file}`)
  return new Database(file, { fileMustExist: true })
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
