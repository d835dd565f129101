// The entry point of the PostgreSQL store. Its modules, its SQL and its driver are loaded only if a gateway uses it,
// because they are a large part of what a start would load otherwise.

import type { PostgresReport } from './offline.js'
import type { PostgresStore, PostgresStoreOptions } from './store.js'

export { type ConnectionMistake, connectionMistakes } from './connection-string.js'
export { StoreUnreachable } from './connection-trouble.js'
export type { PostgresReport }

/** Opens the store (`store.ts`). */
export const openPostgresStore = async (options: PostgresStoreOptions): Promise<PostgresStore> =>
  (await import('./store.js')).openPostgresStore(options)

/**
 * Migrates the schema, and does nothing else.
 * @returns the schema's versions before and after
 * @throws {Error} the database cannot be reached or used; or a newer version of the gateway has migrated it
 */
export const migratePostgres = async (url: string): Promise<{ from: number; to: number }> =>
  (await import('./offline.js')).migratePostgres(url)

/** @throws {Error} the database cannot be reached or used */
export const inspectPostgres = async (url: string): Promise<PostgresReport> =>
  (await import('./offline.js')).inspectPostgres(url)

/** One setting of the store; undefined if there is none. */
export const settingOfPostgres = async (url: string, name: string): Promise<string | undefined> =>
  (await import('./offline.js')).settingOfPostgres(url, name)
