import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inspectPostgres, inspectStore, type StoreReport } from '@rightofway/gateway'
import { type Finding, ok, problem, warning } from './finding.js'

const STORE = 'store'
const CLOCK = 'clock'

/** A clock may be corrected by that much without anybody calling it wrong. */
const STEP_MS = 60_000

/** The store, and by what is in it the clock: nothing can have happened after now. */
export function checkStoreAndClock(dataDir: string, now: number): Finding[] {
  const file = join(dataDir, 'store.db')
  if (!existsSync(file)) return [ok(STORE, 'there is none yet'), checkClock(undefined, now)]
  try {
    const report = inspectStore(file)
    return [checkStore(report, file), checkClock(report, now)]
  } catch (error) {
    return [
      problem(STORE, `${file} cannot be read: ${(error as Error).message}`, 'restore a backup'),
      checkClock(undefined, now),
    ]
  }
}

/** A clock this far from the database's keeps a gateway from being ready. */
const TOLERATED_MS = 1_000

/** The shared store, and the clock by the database's. */
export async function checkDatabaseAndClock(url: string): Promise<Finding[]> {
  try {
    const { schemaVersion, knownSchemaVersion, sessions, gateways, clockOffsetMs } = await inspectPostgres(url)
    const users = gateways.length === 0 ? 'no gateway uses it' : `used by ${gateways.join(', ')}`
    const says = `about ${sessions} sessions, schema version ${schemaVersion}; ${users}`
    const store =
      schemaVersion > knownSchemaVersion
        ? problem(STORE, `${says}; this gateway knows up to ${knownSchemaVersion}`, 'install the newer gateway')
        : schemaVersion < knownSchemaVersion
          ? warning(STORE, says, `\`rightofway migrate\` brings it to ${knownSchemaVersion}`)
          : ok(STORE, says)
    const clock =
      Math.abs(clockOffsetMs) > TOLERATED_MS
        ? problem(CLOCK, `${clockOffsetMs} ms from the database's`, 'keep both set (chrony, systemd-timesyncd)')
        : ok(CLOCK, `${clockOffsetMs} ms from the database's`)
    return [store, clock]
  } catch (error) {
    return [problem(STORE, (error as Error).message, 'is it running, and does store.url name it and its user?')]
  }
}

function checkStore({ schemaVersion, knownSchemaVersion, damage, sessions }: StoreReport, file: string): Finding {
  if (damage.length > 0) {
    return problem(
      STORE,
      `${file} is damaged: ${damage.slice(0, 3).join('; ')}`,
      'stop the gateway and restore a backup',
    )
  }
  if (schemaVersion > knownSchemaVersion) {
    const says = `its schema is version ${schemaVersion}, and this gateway knows up to ${knownSchemaVersion}`
    return problem(STORE, says, 'install the newer gateway that wrote it, or restore a backup')
  }
  const update = schemaVersion < knownSchemaVersion ? `; \`serve\` brings it to ${knownSchemaVersion}` : ''
  return ok(STORE, `${sessions} sessions, schema version ${schemaVersion}${update}`)
}

export function checkClock(
  report: Pick<StoreReport, 'lastEventAt' | 'sandboxOffsetMs'> | undefined,
  now: number,
): Finding {
  const last = report?.lastEventAt === undefined ? 0 : report.lastEventAt - report.sandboxOffsetMs
  if (last > now + STEP_MS) {
    const says = `it says ${new Date(now).toISOString()}, and things have happened at ${new Date(last).toISOString()}`
    return problem(CLOCK, says, 'set it, and keep it set (chrony, systemd-timesyncd): sessions end by it')
  }
  return ok(CLOCK, new Date(now).toISOString())
}
