// A gateway of ours as the network of another: both ends of it, and their controls.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkId, ReservationId, SessionId } from '@rightofway/camara'
import { pino } from 'pino'
import { type CuttingProxy, startCuttingProxy } from '../../../test/support/cutting-proxy.js'
import { QOD, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'
import type { Qos } from '../../domain/profile.js'
import type { Network } from '../../ports/network.js'
import type { SandboxClock } from '../../sandbox/clock.js'
import { CallbackUrls } from '../network-api/callback-urls.js'
import { ApiClient } from '../network-api/client.js'
import { bearer } from '../network-api/client-credentials.js'
import { type CallbackListener, listenForCallbacks, type MessageResult } from '../network-api/listener.js'
import { ApiNetwork } from '../network-api/network.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { CamaraDoor, type CamaraDoorOptions } from './door.js'

export const ID = 'partner' as NetworkId

export interface UpstreamOptions {
  /** Default: there is a listener. */
  readonly listens?: boolean
  readonly door?: Partial<CamaraDoorOptions>
}

export interface Upstream {
  readonly gateway: TestGateway
  readonly clock: SandboxClock
  /** The proxy between the two. */
  readonly proxy: CuttingProxy
  readonly listener: CallbackListener | undefined
  readonly urls: CallbackUrls
  readonly messages: MessageResult[]
  /** The network as it was last opened. */
  network: ApiNetwork
  store: SqliteStore
  /** Kills the driver, and starts another one. */
  reopen(meanwhile?: () => Promise<void>): Promise<ApiNetwork>
  /** A second network over the same store, of a gateway that does not drive it. */
  another(): ApiNetwork
  /** The upstream's id of a reservation. */
  remoteId(id: ReservationId): Promise<SessionId>
  /** All reservations that the upstream network holds. */
  held(): Promise<readonly string[]>
  /** An upstream profile with the same guarantees, created if there is none. */
  profileFor(qos: Qos): Promise<string>
  close(): Promise<void>
}

export const CAPACITY_BPS = 100_000_000

export async function openUpstream({ listens = true, door = {} }: UpstreamOptions = {}): Promise<Upstream> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-upstream-'))
  const gateway = await startTestGateway({
    settings: { 'directory.kind': 'open', 'directory.prefixes': ['10.0.0.0/8', '2001:db8::/32'] },
    networks: [{ kind: 'simulator', id: 'simulator', downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }],
  })
  const clock = gateway.clock as SandboxClock
  const proxy = await startCuttingProxy({ port: Number(new URL(gateway.url).port) })
  const file = join(dir, 'store.db')
  const log = pino({ level: 'silent' })
  const messages: MessageResult[] = []
  let port = 0
  const urls = new CallbackUrls({
    baseUrl: () => `http://127.0.0.1:${port}`,
    mac: (...text) => Buffer.from(text.join('/')).toString('base64url').padEnd(43, '_').slice(-43),
  })
  let stop: () => Promise<void> = async () => undefined

  const open = (store: SqliteStore): ApiNetwork => {
    const name = `the CAMARA endpoint ${ID}`
    const client = new ApiClient({
      name,
      baseUrl: `http://127.0.0.1:${proxy.port}${QOD}`,
      timeoutMs: 5_000,
      authorization: bearer(gateway.key),
    })
    return new ApiNetwork({
      id: ID,
      door: new CamaraDoor({
        ...{ name, client, clock, realNow: Date.now, profiles: {}, addressLists: true },
        identifiers: ['phoneNumber', 'ipv4Address', 'ipv6Address'],
        attemptOf: (sink, reservation) => urls.attemptOf(sink, ID, reservation),
        ...door,
      }),
      capabilities: { maxFlowRules: 64, phoneNumbers: true },
      records: store.remoteReservations,
      ...{ clock, log, monotonicNow: () => performance.now() },
      ...(listens && { callbacks: urls }),
    })
  }
  const drive = async (network: ApiNetwork): Promise<ApiNetwork> => {
    stop = await network.drive(() => true)
    return network
  }

  const store = openSqliteStore({ file })
  const records = { addCallback: (callback: never) => world.store.remoteReservations.addCallback(callback) }
  const listener = listens
    ? await listenForCallbacks({
        ...{ host: '127.0.0.1', port: 0, urls, records, log },
        networks: new Map([[ID, { token: true }]]),
        onMessage: (result) => void messages.push(result),
      })
    : undefined
  port = listener?.port ?? 0
  const known = new Set<string>()
  const world: Upstream = {
    ...{ gateway, clock, proxy, listener, urls, messages, store },
    network: await drive(open(store)),
    async reopen(meanwhile = async () => undefined) {
      await stop()
      await world.network.close()
      await world.store.close()
      await meanwhile()
      world.store = openSqliteStore({ file })
      world.network = await drive(open(world.store))
      return world.network
    },
    another: () => open(world.store),
    async remoteId(id) {
      const { remoteId } = (await world.store.remoteReservations.find(ID, id))?.record ?? {}
      if (remoteId === undefined) throw new Error(`nothing is held for ${id}`)
      return remoteId as SessionId
    },
    async held() {
      const { held } = await gateway.admin<{ held: string[] }>('GET', '/networks/simulator/simulator/reservations')
      return held
    },
    async profileFor({ downlink, uplink }) {
      const name = `G_${downlink.guaranteed}_${uplink.guaranteed}`
      if (!known.has(name)) {
        const rate = (value: number) => ({ value, unit: 'bps' as const })
        // Rates that no operator would configure.
        await gateway.store.profiles.put(
          {
            name,
            status: 'ACTIVE',
            ...(downlink.guaranteed > 0 && { targetMinDownstreamRate: rate(downlink.guaranteed) }),
            ...(uplink.guaranteed > 0 && { targetMinUpstreamRate: rate(uplink.guaranteed) }),
          },
          { by: 'test', at: clock.now() },
        )
        known.add(name)
      }
      return name
    },
    async close() {
      await stop()
      await world.network.close()
      await listener?.close()
      await proxy.end()
      await world.store.close()
      await gateway.close()
      rmSync(dir, { recursive: true })
    },
  }
  return world
}

/**
 * The same network, for reservations whose profiles the upstream may lack.
 * @param before is waited for before each reservation
 */
export const withProfiles = (upstream: Upstream, network: Network, before: () => Promise<unknown>): Network => ({
  id: network.id,
  capabilities: network.capabilities,
  async reserve(reservation) {
    await before()
    return network.reserve({ ...reservation, profile: await upstream.profileFor(reservation.qos) })
  },
  release: (id, version) => network.release(id, version),
  list: (after, limit) => network.list(after, limit),
  watch: (listener) => network.watch(listener),
  close: () => network.close(),
})
