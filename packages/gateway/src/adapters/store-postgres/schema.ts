// The tables and the functions, as numbered migrations that only go forward. A migration that has shipped is never
// edited, and none removes what the previous version uses: two adjacent versions run side by side. A function that has
// to change gets the next number in its name, and the old one stays for a version.
//
// Every key begins with a session, a device or an application, so that each table can be partitioned by it.

import type { Query } from './database.js'
import { sql } from './sql.js'

/** Keys of advisory locks: numbers that nothing else uses. */
const MIGRATION_LOCK = 7_264_018_001
const DEVICES_LOCK = 7_264_018_002
const MOVES_LOCK = 7_264_018_003
/** The first half of one of two. */
const EVENTS_LOCK = 726_401_803

const MIGRATIONS: readonly string[] = [
  sql('migrations/001', { MOVES_LOCK, DEVICES_LOCK, EVENTS_LOCK }),
  sql('migrations/002'),
  sql('migrations/003'),
  sql('migrations/004'),
  sql('migrations/005', { DEVICES_LOCK }),
  sql('migrations/006'),
]

export const SCHEMA_VERSION = MIGRATIONS.length

/** @throws {Error} the database was written by a newer version of the gateway */
function refuseNewer(found: number): void {
  if (found <= SCHEMA_VERSION) return
  throw new Error(
    `the database has schema version ${found}, this gateway supports up to ${SCHEMA_VERSION}: a newer version of ` +
      'Right of ' +
      'Way has migrated it. Nothing was changed. Start that version, or restore a backup.',
  )
}

/** The schema's version; 0 if there is none yet. */
export async function schemaVersion(query: Query): Promise<number> {
  const [table] = await query<{ found: string | null }>("SELECT to_regclass('migrations')::text AS found")
  if (table?.found == null) return 0
  const [newest] = await query<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM migrations')
  return newest?.version ?? 0
}

/**
 * Migrates the database to the newest schema; of several concurrent attempts, one does it.
 * @param query on one connection, in a transaction
 * @returns the versions before and after
 * @throws {Error} the database was written by a newer version of the gateway
 */
export async function migrate(query: Query): Promise<{ from: number; to: number }> {
  // First without the lock: gateways with nothing to migrate do not queue.
  const found = await schemaVersion(query)
  refuseNewer(found)
  if (found === SCHEMA_VERSION) return { from: found, to: found }
  // One gateway migrates, the others wait.
  await query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  await query('CREATE TABLE IF NOT EXISTS migrations (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())')
  const from = await schemaVersion(query)
  refuseNewer(from)
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < from) continue
    await query(sql)
    await query('INSERT INTO migrations (version) VALUES ($1)', [index + 1])
  }
  return { from, to: SCHEMA_VERSION }
}
