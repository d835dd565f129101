// A core simulator as the network of a gateway: both ends of it, and their controls.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant, type NetworkId, type ReservationId } from '@rightofway/camara'
import {
  type Exchange,
  type ServedCore,
  type Settings,
  type SettingsPatch,
  serveCore,
} from '@rightofway/core-simulator'
import { pino } from 'pino'
import { type CoreAdmin, coreAdmin } from '../../../test/support/core-admin.js'
import { type CuttingProxy, startCuttingProxy } from '../../../test/support/cutting-proxy.js'
import { until } from '../../../test/support/waiting.js'
import type { Qos } from '../../domain/profile.js'
import { NOON } from '../../domain/session.fixture.js'
import type { Network, NetworkEvent } from '../../ports/network.js'
import type { RemoteReservation } from '../../ports/store/remote-reservations.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { SystemClock } from '../system-clock.js'
import { CallbackUrls } from './callback-urls.js'
import type { Door } from './door.js'
import { type CallbackListener, listenForCallbacks, type MessageResult } from './listener.js'
import { ApiNetwork } from './network.js'

export const CORE = 'core' as NetworkId
export const CAPACITY_BPS = 100_000_000

export interface CoreDoorParts {
  /** The core's URL, without the proxy. */
  readonly url: string
  readonly clock: SandboxClock
  readonly monotonicNow: () => number
  readonly attemptOf: (url: string, reservation: ReservationId) => number | undefined
}

export interface CoreNetworkOptions {
  readonly settings?: SettingsPatch
  readonly openDoor: (parts: CoreDoorParts) => Door
  /** Default: one that stands still until it is moved. */
  readonly clock?: SandboxClock
}

/** A resource that the core holds. */
export interface HeldThere {
  readonly id: string
  readonly document: Readonly<Record<string, unknown>>
}

export interface CoreNetwork {
  readonly core: ServedCore
  readonly clock: SandboxClock
  /** The proxy between the two. */
  readonly proxy: CuttingProxy
  readonly listener: CallbackListener
  readonly urls: CallbackUrls
  readonly messages: MessageResult[]
  readonly logs: string[]
  /** All events of the network since it was last opened. */
  readonly events: NetworkEvent[]
  /** Monotonic milliseconds, moved by hand. */
  passMonotonic(ms: number): void
  /** The network as it was last opened. */
  network: ApiNetwork
  store: SqliteStore
  /** Kills the driver, and starts another one. */
  reopen(meanwhile?: () => Promise<void>): Promise<ApiNetwork>
  readonly admin: CoreAdmin
  held(door: 'nef' | 'pcf'): Promise<readonly HeldThere[]>
  record(id: ReservationId): Promise<RemoteReservation | undefined>
  /** Resolves with the next exchange of the core that matches. */
  exchange(isIt: (exchange: Exchange) => boolean): Promise<Exchange>
  /** Resolves when the reservation is neither held nor pending. */
  gone(id: ReservationId): Promise<void>
  close(): Promise<void>
}

export async function openCoreNetwork(options: CoreNetworkOptions): Promise<CoreNetwork> {
  const { settings = {}, openDoor } = options
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-core-'))
  const pools = ['10.0.0.0/8', '2001:db8::/32']
  const core = await serveCore({ file: ':memory:', port: 0, settings: { pools, ...settings } })
  const proxy = await startCuttingProxy({ port: Number(new URL(core.url).port) })
  const offset = { load: async () => 0, save: async () => undefined }
  const clock = options.clock ?? (await SandboxClock.start(new SystemClock(() => NOON), offset))
  const file = join(dir, 'store.db')
  const logs: string[] = []
  const log = pino({ level: 'info' }, { write: (line) => void logs.push(line) })
  const messages: MessageResult[] = []
  let monotonic = 0
  const monotonicNow = () => performance.now() + monotonic
  let port = 0
  const urls = new CallbackUrls({
    baseUrl: () => `http://127.0.0.1:${port}`,
    mac: (...text) => Buffer.from(text.join('/')).toString('base64url').padEnd(43, '_').slice(-43),
  })
  let stop: () => Promise<void> = async () => undefined

  const open = async (store: SqliteStore): Promise<ApiNetwork> => {
    const network = new ApiNetwork({
      ...{ id: CORE, clock, log, monotonicNow, callbacks: urls, records: store.remoteReservations },
      door: openDoor({
        ...{ url: `http://127.0.0.1:${proxy.port}`, clock, monotonicNow },
        attemptOf: (url, reservation) => urls.attemptOf(url, CORE, reservation),
      }),
      capabilities: { maxFlowRules: 64 },
    })
    network.watch((event) => void world.events.push(event))
    stop = await network.drive(() => true)
    return network
  }

  const admin = coreAdmin(core.url)
  const records = { addCallback: (callback: never) => world.store.remoteReservations.addCallback(callback) }
  const listener = await listenForCallbacks({
    ...{ host: '127.0.0.1', port: 0, urls, records, log },
    networks: new Map([[CORE, { token: false }]]),
    onMessage: (result) => void messages.push(result),
  })
  port = listener.port
  const store = openSqliteStore({ file })
  const world: Omit<CoreNetwork, 'network'> & { network?: ApiNetwork } = {
    ...{ core, clock, proxy, listener, urls, messages, logs, store, admin },
    events: [],
    passMonotonic(ms) {
      monotonic += ms
    },
    async reopen(meanwhile = async () => undefined) {
      await stop()
      await world.network?.close()
      await world.store.close()
      await meanwhile()
      world.store = openSqliteStore({ file })
      world.events.length = 0
      const network = await open(world.store)
      world.network = network
      return network
    },
    held: async (door) => (await admin<Record<'nef' | 'pcf', HeldThere[]>>('GET', '/held'))[door],
    record: async (id) => (await world.store.remoteReservations.find(CORE, id))?.record,
    exchange: (isIt) =>
      new Promise((resolve) => {
        const unwatch = core.watch((exchange) => {
          if (!isIt(exchange)) return
          unwatch()
          resolve(exchange)
        })
      }),
    gone: (id) => until(async () => !['held', 'pending', 'ending'].includes((await world.record(id))?.state ?? '')),
    async close() {
      await stop()
      await world.network?.close()
      await listener.close()
      await proxy.end()
      await world.store.close()
      await core.close()
      rmSync(dir, { recursive: true })
    },
  }
  return Object.assign(world, { network: await open(store) })
}

/** The references that a test uses: by name, or by a 5QI. */
export type Naming = 'names' | '5QIs'

/** Standardized 5QIs. */
const NON_GBR = [5, 6, 7, 8, 9, 69, 70, 79, 80]
const GBR = [1, 2, 3, 4, 65, 66, 67, 71, 72, 73, 74, 76, 82, 83, 84, 85, 86, 87, 88, 89, 90]

/**
 * The same network, for reservations whose profiles the core may lack.
 * @param before is waited for before each reservation
 */
export function withReferences(
  world: CoreNetwork,
  network: Network,
  naming: Naming,
  before: () => Promise<unknown> = async () => undefined,
): Network {
  const known = new Map<string, Promise<string>>()
  const make = async ({ downlink, uplink }: Qos): Promise<string> => {
    const [downlinkBps, uplinkBps] = [downlink.guaranteed, uplink.guaranteed]
    const isGuaranteed = downlinkBps > 0 || uplinkBps > 0
    const { qosReferences } = await world.admin<Settings>('GET', '/settings')
    const isTaken = (fiveQi: number) => Object.values(qosReferences).some((reference) => reference.fiveQi === fiveQi)
    const fiveQi = (isGuaranteed ? GBR : NON_GBR).find((each) => naming === 'names' || !isTaken(each))
    if (fiveQi === undefined) throw new Error('there are no more 5QIs')
    const name = naming === 'names' ? `g_${downlinkBps}_${uplinkBps}` : String(fiveQi)
    const made = { ...qosReferences, [name]: { fiveQi, downlinkBps, uplinkBps } }
    await world.admin('PATCH', '/settings', { qosReferences: made })
    return name
  }
  let last: Promise<unknown> = Promise.resolve()
  const referenceFor = (qos: Qos): Promise<string> => {
    const key = `${qos.downlink.guaranteed} ${qos.uplink.guaranteed}`
    const made = known.get(key) ?? last.then(() => make(qos))
    last = made
    known.set(key, made)
    return made
  }
  return {
    id: network.id,
    capabilities: network.capabilities,
    async reserve(reservation) {
      const profile = await referenceFor(reservation.qos)
      await before()
      return network.reserve({ ...reservation, profile })
    },
    release: (id, version) => network.release(id, version),
    list: (after, limit) => network.list(after, limit),
    watch: (listener) => network.watch(listener),
    close: () => network.close(),
  }
}

/** Sends a message to a listener, as anybody can. @returns the status of its answer */
export async function post(url: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status
}

export const later = (clock: SandboxClock, ms: number) => instant(clock.now() + ms)
