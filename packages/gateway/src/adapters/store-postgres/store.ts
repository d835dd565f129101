// The store of many gateways: one PostgreSQL database, which they share. Any of them answers for any session; work is
// claimed by one, and taken over by another if that one dies.

import { randomUUID } from 'node:crypto'
import { type Instant, instant } from '@rightofway/camara'
import type { QueueId } from '../../domain/queue.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { allPages } from '../../ports/store/pages.js'
import type { Ciphertext } from '../../ports/store/secrets.js'
import type { Store } from '../../ports/store/store.js'
import { PostgresApplications } from './applications.js'
import { PostgresAudit } from './audit.js'
import { PostgresChanges } from './changes.js'
import { ChangesHeard } from './changes-heard.js'
import { Claims } from './claims.js'
import { BY_INDEX, Database } from './database.js'
import { DatabaseTime } from './database-time.js'
import { PostgresDevices } from './devices.js'
import { PostgresEvents } from './events.js'
import { Gateways } from './gateways.js'
import { PostgresGrants } from './grants.js'
import { Hints, KEPT, type Kept, type Told } from './hints.js'
import { PostgresProfiles } from './profiles.js'
import { PostgresRemoteReservations } from './remote-reservations.js'
import { migrate } from './schema.js'
import { PostgresSessions } from './sessions.js'
import { PostgresSinkCredentials } from './sink-credentials.js'
import { sql } from './sql.js'
import { PostgresUsers } from './users.js'
import { PostgresWork } from './work.js'

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host1:5432,host2:5432/database` */
  readonly url: string
  /** The name of this gateway for people. */
  readonly name: string
  /** Of the gateway, for people. Default: none. */
  readonly version?: string
  /** The clock of leases and ages, in milliseconds. Default: the database's. */
  readonly realNow?: () => number
  /** The machine's clock, which is only compared with the database's. Default: the machine's. */
  readonly wallNow?: () => number
  /** Monotonic milliseconds. Default: the process's. */
  readonly monotonicNow?: () => number
  /** Called with each host on another machine with a connection without TLS. */
  readonly onPlainText?: (host: string) => void
  /** Called with failures in the background; they are retried. */
  readonly onFault?: (error: unknown) => void
  /** Called periodically while nothing fails. */
  readonly onReached?: () => void
}

export interface PostgresStore extends Store {
  /** The time that all gateways share. */
  readonly time: DatabaseTime
  /** Starts looking for work that others left, and for work that will soon be due. */
  attend(now: () => Instant): void
}

/** Rows rewritten or deleted in one transaction: background work must not block the others. */
const BATCH = 500
const DAY_MS = 86_400_000

/** Between two looks for work whose hints were lost. */
const LOOK_AROUND_MS = 1_000
/** Between two looks ahead, and how far they go: each due time is seen three times before it comes. */
const LOOK_AHEAD_MS = 500
const AHEAD_MS = 1_500
/** The most timers claimed in one look ahead: the rest is for other gateways, or the next look. */
const AHEAD_LIMIT = 2_000
/** How long after its due time a timer may stay claimed. */
const AHEAD_LEASE_MS = 10_000

/** Settings that are ciphertext. */
const SECRET_SETTINGS = "name IN ('pseudonym-secret', 'assertion-keys', 'token-keys')"

const SQL = {
  forgetIdempotency: sql('store/forget-idempotency', { BATCH }),
  forgetGrants: sql('store/forget-grants', { BATCH }),
  forgetRemoteReservations: sql('store/forget-remote-reservations', { BATCH }),
  getSetting: sql('store/get-setting'),
  setSetting: sql('store/set-setting'),
  addSetting: sql('store/add-setting'),
  ping: sql('store/ping'),
}

/**
 * Opens the store and migrates its schema.
 * @throws {Error} the database cannot be reached or used; or a newer version of the gateway has migrated it
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { url, name } = options
  const database = await Database.open({ url, name: `rightofway ${name}` })
  try {
    await database.transaction(migrate)
    for (const host of database.plainTextHosts) options.onPlainText?.(host)
    return await assemble(database, options)
  } catch (error) {
    await database.close()
    throw database.trouble(error)
  }
}

async function assemble(database: Database, options: PostgresStoreOptions): Promise<PostgresStore> {
  const { name, version = '', wallNow, monotonicNow = () => performance.now(), onFault = () => undefined } = options
  const self = randomUUID()
  const time = new DatabaseTime(wallNow, monotonicNow)
  const claims = new Claims({ database, self, now: options.realNow })
  const writing = () => database.link({ greeting: BY_INDEX })
  const links = { commits: writing(), settlements: writing() }

  const hints: Hints = new Hints({ database, self, onHint: (told) => hear(told), onGap: () => lookAgain() })
  const work = new PostgresWork({ database, claims })
  const events = new PostgresEvents({
    database,
    link: links.settlements,
    claims,
    onWork: (delivery) => work.tell({ delivery }),
  })
  const realNow = options.realNow ?? (() => time.now())
  const sessions = new PostgresSessions({
    database,
    link: links.commits,
    realNow,
    onWork: work.tell,
    onCommit(session, version, network) {
      work.committed(session, version)
      hints.committed(session, version, network)
    },
  })
  const changesOf = (kept: Kept) => new ChangesHeard(() => hints.changed(kept))
  const applications = new PostgresApplications(database, changesOf('applications'))
  const grants = new PostgresGrants(database, changesOf('grants'))
  const sinkCredentials = new PostgresSinkCredentials(database, changesOf('sinkCredentials'))
  const devices = new PostgresDevices(database, changesOf('devices'))
  const profiles = new PostgresProfiles(database, changesOf('profiles'))
  const remoteReservations = new PostgresRemoteReservations(database, changesOf('remoteReservations'))
  /** A newer gateway may send kinds of hints that this one does not know. */
  const watched: { [kept in Kept]?: { changes: ChangesHeard } } = {
    applications,
    grants,
    sinkCredentials,
    devices,
    profiles,
    remoteReservations,
  }
  const gateways = new Gateways({
    database,
    self,
    name,
    version,
    time,
    monotonicNow,
    onChange: (others, someDied) => {
      hints.hasListeners = others > 0
      if (someDied) background(lookAround(true))
    },
    onFault,
    onAnswer: () => {
      if (database.isUp) options.onReached?.()
    },
  })
  let now = (): Instant => instant(time.now())
  const timers: NodeJS.Timeout[] = []

  function hear({ sessions: committed = [], networks = [], changed = [] }: Told): void {
    sessions.heard(committed.map(([session]) => session))
    work.heard(committed)
    for (const network of networks) work.tell({ network })
    for (const kept of changed) {
      if (kept === 'gateways') background(gateways.beat())
      else watched[kept]?.changes.hear()
    }
  }

  /** The connection of hints is a new one: hints may have been missed. */
  function lookAgain(): void {
    hear({ from: '', changed: [...KEPT] })
    sessions.lookAgain()
    if (timers.length > 0) background(lookAround(true))
  }

  async function lookAround(everywhere: boolean): Promise<void> {
    await work.lookAround(now())
    if (!everywhere) return
    const read = (after: QueueId | undefined, limit: number) => events.queues(after, limit)
    for await (const delivery of allPages(read, ({ queue }) => queue)) work.tell({ delivery })
  }

  function background(task: Promise<unknown>): void {
    task.catch((error: unknown) => onFault(error))
  }

  function every(ms: number, look: () => Promise<void>): void {
    let looking = false
    const timer = setInterval(() => {
      if (looking) return
      looking = true
      look()
        .catch((error: unknown) => onFault(error))
        .finally(() => {
          looking = false
        })
    }, ms)
    timer.unref()
    timers.push(timer)
  }

  /** In small commits. @param text deletes at most BATCH rows of `before` and earlier, and returns them */
  async function forget(text: string, before: number): Promise<void> {
    for (let forgotten = BATCH; forgotten === BATCH; ) {
      const deleted = database.transaction((query) => query(text, [before]))
      forgotten = (await deleted).length
    }
  }

  for (const link of [links.commits, links.settlements]) await link.open()
  await hints.open()
  await gateways.open()
  hints.changed('gateways')

  return {
    time,
    gateways,
    sessions,
    work,
    events,
    applications,
    grants,
    sinkCredentials,
    devices,
    profiles,
    remoteReservations,
    users: new PostgresUsers(database),
    audit: new PostgresAudit(database),
    changes: new PostgresChanges(database),
    settings: {
      async get(name) {
        const [row] = await database.read<{ value: string }>({
          name: 'get-setting',
          text: SQL.getSetting,
          values: [name],
        })
        return row?.value
      },
      async set(name, value) {
        await database.query({
          name: 'set-setting',
          text: SQL.setSetting,
          values: [name, value],
        })
      },
      async add(name, value) {
        const rows = await database.query({
          text: SQL.addSetting,
          values: [name, value],
        })
        return rows.length > 0
      },
    },
    attend(clock) {
      now = clock
      every(LOOK_AROUND_MS, () => lookAround(false))
      every(LOOK_AHEAD_MS, () => work.lookAhead(now(), instant(now() + AHEAD_MS), AHEAD_LIMIT, AHEAD_LEASE_MS))
    },
    async tidy(now, realAt, historyMs) {
      await forget(SQL.forgetIdempotency, realAt - DAY_MS)
      await forget(SQL.forgetGrants, realAt)
      await forget(SQL.forgetRemoteReservations, now)
      await events.tidy(instant(now - historyMs), realAt)
      await database.transaction(async (query) => {
        for (const text of Gateways.TIDY) await query(text)
      })
    },
    async rewriteSecrets(unless, rewrite) {
      let rewritten = 0
      for (const { outdated, replace } of SECRETS) {
        for (let rows = BATCH; rows === BATCH; ) {
          rows = await database.transaction(async (query) => {
            const found = await query<{ key: string; secret: Ciphertext }>(outdated, [unless])
            await query(replace, [found.map((row) => row.key), found.map((row) => rewrite(row.secret))])
            return found.length
          })
          rewritten += rows
        }
      }
      return rewritten
    },
    async ping() {
      await database.query({
        name: 'ping',
        text: SQL.ping,
      })
      if (!database.isUp) throw new StoreUnavailable('some connections to the database are not restored yet')
      if (time.problem !== undefined) throw new StoreUnavailable(time.problem)
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      claims.close()
      await Promise.all([sessions.close(), events.close()])
      await work.close().catch((error: unknown) => onFault(error))
      await gateways.close()
      hints.changed('gateways')
      await hints.flush()
      await database.close()
    },
  }
}

const SECRETS = [
  secretAt({ TABLE: 'sinks', KEY: 'session', SECRET: 'credential', WHERE: 'credential IS NOT NULL' }),
  secretAt({ TABLE: 'signing_secrets', KEY: 'id', SECRET: 'secret', WHERE: 'true' }),
  secretAt({ TABLE: 'grants', KEY: 'id', SECRET: 'body', WHERE: 'true' }),
  secretAt({ TABLE: 'settings', KEY: 'name', SECRET: 'value', WHERE: SECRET_SETTINGS }),
]

function secretAt(place: { TABLE: string; KEY: string; SECRET: string; WHERE: string }) {
  return {
    outdated: sql('store/outdated-secrets', { ...place, BATCH }),
    replace: sql('store/replace-secrets', place),
  }
}
