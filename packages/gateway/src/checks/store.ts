import { accessSync, constants, existsSync } from 'node:fs'
import { inspectPostgres, type PostgresReport } from '../adapters/store-postgres/index.js'
import { refuseInUse, whyNot } from '../adapters/store-sqlite/database.js'
import { inspectStore, type StoreReport } from '../adapters/store-sqlite/offline.js'
import { storeFileOf } from '../config/data-files.js'
import type { Config } from '../config/schema.js'
import { type Finding, ok, problem, warning } from './finding.js'

const STORE = 'store'
const CLOCK = 'clock'

/** A clock correction up to this size is normal. */
const STEP_MS = 60_000

/** The store, and the clock against its latest entry. */
export const checkStore = (
  config: Pick<Config, 'dataDir' | 'store'>,
  now: number,
): readonly Finding[] | Promise<readonly Finding[]> =>
  config.store.url === undefined ? checkFileAndClock(storeFileOf(config), now) : checkDatabaseAndClock(config.store.url)

/** The store's file, and the clock: no entry may be later than now. */
function checkFileAndClock(file: string, now: number): Finding[] {
  if (!existsSync(file)) return [ok(STORE, 'there is none yet'), checkClock(undefined, now)]
  try {
    for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}.lock`]) {
      if (existsSync(name)) accessSync(name, constants.R_OK | constants.W_OK)
    }
    const report = inspectStore(file)
    return [checkReport(report, file), checkClock(report, now)]
  } catch (error) {
    return [problem(STORE, (whyNot(file, error) as Error).message, 'restore a backup'), checkClock(undefined, now)]
  }
}

/** Whether the store can be opened. @throws {Error} a gateway holds it */
export function checkNotInUse(config: Pick<Config, 'dataDir' | 'store'>): Finding[] {
  if (config.store.url === undefined) refuseInUse(storeFileOf(config))
  return []
}

/** A clock this far from the database's keeps a gateway from being ready. */
const TOLERATED_MS = 1_000

/** The shared store, and the clock against the database's. @throws {Error} it cannot be used */
async function checkDatabaseAndClock(url: string): Promise<Finding[]> {
  const report = await inspectPostgres(url)
  return [checkDatabase(report), ...checkEncryption(report), checkDatabaseClock(report)]
}

function checkDatabase({ schemaVersion, knownSchemaVersion, sessions, gateways }: PostgresReport): Finding {
  const users = gateways.length === 0 ? 'no gateway uses it' : `used by ${gateways.join(', ')}`
  const says = `about ${sessions} sessions, schema version ${schemaVersion}; ${users}`
  if (schemaVersion > knownSchemaVersion) {
    return problem(STORE, `${says}; this gateway supports up to ${knownSchemaVersion}`, 'install the newer gateway')
  }
  return schemaVersion < knownSchemaVersion
    ? warning(STORE, says, `\`rightofway migrate\` updates it to ${knownSchemaVersion}`)
    : ok(STORE, says)
}

const checkEncryption = ({ plainTextHosts }: PostgresReport): Finding[] =>
  plainTextHosts.map((host) => warning(STORE, plainText(host), ENCRYPT))

/** The findings about a database on another machine. */
export const plainText = (host: string): string =>
  `the connection to the database at ${host} is not encrypted: others on the network path can read passwords and ` +
  'sessions'
export const ENCRYPT = 'enable TLS in the database, and set sslmode=verify-full in store.url'

const checkDatabaseClock = ({ clockOffsetMs }: PostgresReport): Finding =>
  Math.abs(clockOffsetMs) > TOLERATED_MS
    ? problem(CLOCK, `${clockOffsetMs} ms from the database's`, 'synchronise both clocks (chrony, systemd-timesyncd)')
    : ok(CLOCK, `${clockOffsetMs} ms from the database's`)

function checkReport({ schemaVersion, knownSchemaVersion, damage, sessions }: StoreReport, file: string): Finding {
  if (damage.length > 0) {
    return problem(
      STORE,
      `${file} is damaged: ${damage.slice(0, 3).join('; ')}`,
      'stop the gateway and restore a backup',
    )
  }
  if (schemaVersion > knownSchemaVersion) {
    const says = `its schema is version ${schemaVersion}, but this gateway supports up to ${knownSchemaVersion}`
    return problem(STORE, says, 'install the newer gateway that wrote it, or restore a backup')
  }
  const update = schemaVersion < knownSchemaVersion ? `; \`serve\` updates it to ${knownSchemaVersion}` : ''
  return ok(STORE, `${sessions} sessions, schema version ${schemaVersion}${update}`)
}

export function checkClock(
  report: Pick<StoreReport, 'lastEventAt' | 'sandboxOffsetMs'> | undefined,
  now: number,
): Finding {
  const last = report?.lastEventAt === undefined ? 0 : report.lastEventAt - report.sandboxOffsetMs
  if (last > now + STEP_MS) {
    const says = `it is ${new Date(now).toISOString()}, but the store has entries of ${new Date(last).toISOString()}`
    return problem(CLOCK, says, 'set and synchronise it (chrony, systemd-timesyncd): sessions end by it')
  }
  return ok(CLOCK, new Date(now).toISOString())
}
