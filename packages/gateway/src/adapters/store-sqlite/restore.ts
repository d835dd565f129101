import { existsSync } from 'node:fs'
import { link, mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Database } from '../sqlite/driver.js'
import { SUFFIXES } from '../sqlite/state-file.js'
import { lock } from './database.js'
import { backupStore, type StoreReport, syncToDisk } from './offline.js'

export interface Restored {
  readonly report: StoreReport
  /** Path of the previous store; undefined if there was none. */
  readonly aside: string | undefined
}

/**
 * Puts a copy in the place of a store, and keeps the old store beside it. The old store is there until the copy is. A
 * folder that does not exist yet is created.
 * @param copy made by `backupStore`
 * @param name added to the name of the old store
 * @throws {Error} a gateway has the store open; the copy is missing, damaged, no store, or of a newer version; the disk is full
 */
export async function restoreStore(copy: string, file: string, name: string): Promise<Restored> {
  if (!existsSync(copy)) throw new Error(`there is no store at ${copy}`)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const unlock = lock(file)
  const fresh = `${file}.restoring`
  try {
    await rm(fresh, { force: true })
    // Including the log beside the copy, and checked.
    const report = await backupStore(copy, fresh)
    if (report.schemaVersion > report.knownSchemaVersion) {
      throw new Error(
        `${copy} has schema version ${report.schemaVersion}, but this gateway supports up to ${report.knownSchemaVersion}: ` +
          'install the newer gateway. Nothing was changed.',
      )
    }
    const aside = existsSync(file) ? `${file}.${name}` : undefined
    if (aside !== undefined) await keepAside(file, aside)
    await rename(fresh, file)
    await syncToDisk(dirname(file))
    return { report, aside }
  } finally {
    await rm(fresh, { force: true })
    unlock()
  }
}

/** The old store gets a second name; its log is merged into it, or, if it cannot be opened, kept with it. */
async function keepAside(file: string, aside: string): Promise<void> {
  foldLog(file)
  await link(file, aside)
  for (const suffix of SUFFIXES.slice(1)) {
    if (existsSync(file + suffix)) await rename(file + suffix, aside + suffix)
  }
}

function foldLog(file: string): void {
  let db: Database | undefined
  try {
    db = new Database(file)
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // It is damaged, which may be the reason for the restore: it is kept as it is.
    if (!(error instanceof Database.SqliteError)) throw error
  } finally {
    db?.close()
  }
}
