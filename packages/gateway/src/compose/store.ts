// The store, its secrets, and its clock.

import { mkdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type Instant, instant } from '@rightofway/camara'
import type { Logger } from 'pino'
import { openPostgresStore, StoreUnreachable } from '../adapters/store-postgres/index.js'
import { openSqliteStore } from '../adapters/store-sqlite/store.js'
import { openThreadedStore, threadPossible } from '../adapters/store-thread/threaded-store.js'
import { Secrets } from '../auth/secrets/keyring.js'
import { ENCRYPT, plainText } from '../checks/store.js'
import { storeFileOf } from '../config/data-files.js'
import { keyringSource } from '../config/keyring-source.js'
import { readProfiles, SHIPPED_PROFILES } from '../config/profiles-file.js'
import type { Config } from '../config/schema.js'
import type { Store } from '../ports/store/store.js'
import { Trouble } from '../ports/trouble.js'

const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export interface OpenedStore {
  readonly store: Store
  readonly secrets: Secrets
  /** Milliseconds since the epoch, never moved by a sandbox, the same on all gateways. */
  readonly realNow: () => number
  /** Whether the store, and whatever else can, runs in a thread of its own. */
  readonly threads: boolean
  /** Starts the store's periodic work. */
  readonly attend: (now: () => Instant) => void
  close(): Promise<void>
}

/** Milliseconds between two attempts to reach a database at the start. */
const AGAIN_MS = 1_000

/**
 * Makes the data folder, opens the store and its keyring, and gives a new store its profiles. Waits for a database that
 * does not answer yet.
 * @param stop ends the wait
 * @throws {StoreUnreachable} it has not answered for `store.startTimeout`
 * @throws {Error} the store is in use, cannot be read or written, or was written by a newer version
 */
export async function openStore(config: Config, log: Logger, stop?: AbortSignal): Promise<OpenedStore> {
  makeDataFolder(config.dataDir)
  // A sandbox has little to do, and has to start and stop fast.
  const threads = !config.sandbox && threadPossible()
  const { store, ...time } = await openDatabase(config, threads, log, stop)
  try {
    const secrets = await Secrets.open(store, keyringSource(config))
    if (secrets.problem !== undefined) log.error({ problem: secrets.problem }, 'secrets cannot be used')
    await seedProfiles(store, config, instant(time.realNow()))
    return { store, secrets, threads, ...time, close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

function makeDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Error(
      `dataDir ${dataDir} cannot be created: ${(error as Error).message}. It must be a folder, or the user of ` +
        'the gateway must be able to create it.',
      { cause: error },
    )
  }
}

async function openDatabase(
  config: Config,
  threads: boolean,
  log: Logger,
  stop: AbortSignal | undefined,
): Promise<Pick<OpenedStore, 'store' | 'realNow' | 'attend'>> {
  const { name = hostname(), store: settings } = config
  if (settings.url === undefined) {
    const synchronous = settings.durable ? 'FULL' : 'OFF'
    const options = { file: storeFileOf(config), synchronous, name } as const
    const store = threads ? await openThreadedStore(options) : openSqliteStore(options)
    return { store, realNow: () => Date.now(), attend: () => undefined }
  }
  const trouble = new Trouble(log, {
    broken: 'the database could not be reached: trying again',
    mended: 'the database can be reached again',
  })
  const { url } = settings
  const open = () =>
    openPostgresStore({
      url,
      name,
      version: VERSION,
      onPlainText: (host) => log.warn({ advice: ENCRYPT }, plainText(host)),
      onFault: (error) => trouble.failed(error, {}, 'warn'),
      onReached: () => trouble.over(),
    })
  const store = await whenReachable(open, settings.startTimeout * 1_000, log, stop)
  return { store, realNow: () => store.time.now(), attend: store.attend }
}

/** Retries while the database may still become reachable. */
async function whenReachable<T>(
  open: () => Promise<T>,
  patienceMs: number,
  log: Logger,
  stop: AbortSignal | undefined,
): Promise<T> {
  const deadline = performance.now() + patienceMs
  const trouble = new Trouble(log, {
    broken: 'the database does not answer yet: the start waits for it',
    mended: 'the database answers: the start goes on',
  })
  try {
    for (;;) {
      try {
        const opened = await open()
        trouble.over()
        return opened
      } catch (error) {
        if (!(error instanceof StoreUnreachable) || performance.now() + AGAIN_MS > deadline) throw error
        trouble.failed(error, {}, 'warn')
        await delay(AGAIN_MS, undefined, { signal: stop }).catch(() => stop?.throwIfAborted())
      }
    }
  } finally {
    trouble.close()
  }
}

async function seedProfiles(store: Store, { profiles }: Config, at: Instant): Promise<void> {
  if ((await store.settings.get('profiles-seeded')) !== undefined) return
  const seeded = readProfiles(profiles.seed ?? SHIPPED_PROFILES)
  await Promise.all(seeded.map((profile) => store.profiles.put(profile, { by: 'the first start', at })))
  await store.settings.set('profiles-seeded', 'yes')
}
