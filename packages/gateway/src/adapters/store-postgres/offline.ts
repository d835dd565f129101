// Operations on a store's database from outside, whether or not gateways use it: inspect it, migrate it.

import { Database } from './database.js'
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.js'
import { sql } from './sql.js'

const SQL = {
  now: sql('offline/now'),
  countSessions: sql('offline/count-sessions'),
  gateways: sql('offline/gateways'),
  setting: sql('offline/setting'),
}

/**
 * Migrates the schema, and does nothing else.
 * @returns the schema's versions before and after
 * @throws {Error} the database cannot be reached or used; or a newer version of the gateway has migrated it
 */
export async function migratePostgres(url: string): Promise<{ from: number; to: number }> {
  const database = await Database.open({ url, name: 'rightofway migrate' })
  try {
    return await database.transaction(migrate)
  } catch (error) {
    throw database.trouble(error)
  } finally {
    await database.close()
  }
}

export interface PostgresReport {
  /** 0 if there is no schema yet. */
  readonly schemaVersion: number
  /** The newest version that this gateway supports. */
  readonly knownSchemaVersion: number
  /** An estimate. */
  readonly sessions: number
  /** Names of the live gateways. */
  readonly gateways: readonly string[]
  /** Hosts on other machines with a connection without TLS. */
  readonly plainTextHosts: readonly string[]
  /** How far the clock of this machine is ahead of the database's, in milliseconds. */
  readonly clockOffsetMs: number
}

/**
 * Inspects a store without changing it.
 * @throws {Error} the database cannot be reached or used
 */
export async function inspectPostgres(url: string): Promise<PostgresReport> {
  const database = await Database.open({ url, name: 'rightofway doctor' })
  try {
    return await database.transaction(async (query) => {
      const version = await schemaVersion(query)
      const askedAt = Date.now()
      const [time] = await query<{ now: number }>(SQL.now)
      const clockOffsetMs = Math.round((askedAt + Date.now()) / 2 - (time?.now ?? askedAt))
      const { plainTextHosts } = database
      const found = { schemaVersion: version, knownSchemaVersion: SCHEMA_VERSION, clockOffsetMs, plainTextHosts }
      if (version === 0) return { ...found, sessions: 0, gateways: [] }
      const [about] = await query<{ sessions: number }>(SQL.countSessions)
      const gateways = await query<{ name: string }>(SQL.gateways)
      return { ...found, sessions: about?.sessions ?? 0, gateways: gateways.map(({ name }) => name) }
    })
  } finally {
    await database.close()
  }
}

/**
 * One setting of a store; undefined if it is absent.
 * @throws {Error} the database cannot be reached or used
 */
export async function settingOfPostgres(url: string, name: string): Promise<string | undefined> {
  const database = await Database.open({ url, name: 'rightofway doctor' })
  try {
    return await database.transaction(async (query) => {
      if ((await schemaVersion(query)) === 0) return undefined
      const [found] = await query<{ value: string }>(SQL.setting, [name])
      return found?.value
    })
  } finally {
    await database.close()
  }
}
