// The SQLite binding for the running Node. better-sqlite3 12 aborts the process when a statement is garbage-collected
// on Node 24.19 and later; 13 does not load on Node 20. They have one API. npm leaves out the one that does not fit.

import { createRequire } from 'node:module'
import type BetterSqlite3 from 'better-sqlite3'

/** What better-sqlite3 13 is built for: Node 22.14 and later have it. */
const NODE_API_VERSION = 10

function load(): typeof BetterSqlite3 {
  const name = Number(process.versions['napi']) >= NODE_API_VERSION ? 'better-sqlite3-13' : 'better-sqlite3'
  try {
    return createRequire(import.meta.url)(name) as typeof BetterSqlite3
  } catch (cause) {
    throw new Error(
      `SQLite is missing: npm could not install ${name} for Node ${process.versions.node}. If there is no prebuilt ` +
        'version, npm compiles it: `apt-get install build-essential python3`, or the same tools of your system.',
      { cause },
    )
  }
}

export const Database: typeof BetterSqlite3 = load()
export type Database = BetterSqlite3.Database
