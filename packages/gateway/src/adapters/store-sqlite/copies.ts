// A mark in the header of a copy that is no store yet. A log (WAL) beside a marked file belongs to the previous store:
// SQLite would silently apply it to the copy.

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import type { Database } from '../sqlite/driver.js'

/** `PRAGMA application_id`: "RoWc" */
const COPY = 0x52_6f_57_63
/** Its offset in the header of a file. */
const OFFSET = 68

/** Marks a copy, or removes the mark. It is in the file when this returns, and in no log. */
export function mark(db: Database, isCopy: boolean): void {
  db.pragma('journal_mode = DELETE')
  db.pragma(`application_id = ${isCopy ? COPY : 0}`)
}

/** Whether a file is a copy that no gateway has opened yet. */
export function isCopy(file: string): boolean {
  const bytes = Buffer.alloc(4)
  const handle = openSync(file, 'r')
  try {
    return readSync(handle, bytes, 0, 4, OFFSET) === 4 && bytes.readUInt32BE() === COPY
  } finally {
    closeSync(handle)
  }
}

/** @throws {Error} a copy was put beside the log of another store */
export function refuseForeignLog(file: string): void {
  const log = `${file}-wal`
  if (!existsSync(log) || statSync(log).size === 0 || !isCopy(file)) return
  throw new Error(
    `the store ${file} is a backup, but ${log} beside it belongs to the previous store. Nothing was changed. ` +
      'Move the backup to another place, and use `rightofway restore FILE`.',
  )
}
