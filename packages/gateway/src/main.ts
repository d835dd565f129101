// Starts and stops a gateway. What it is made of is put together in compose/.

import type { Instant, NetworkId } from '@rightofway/camara'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { SystemClock } from './adapters/system-clock.js'
import { AssertionKeys } from './auth/secrets/assertion-keys.js'
import { passChecks } from './checks/check.js'
import { BEFORE_START } from './checks/index.js'
import type { SettingsGiven } from './checks/secrets.js'
import { simulatedNetworks } from './checks/simulated.js'
import { openCallers } from './compose/auth.js'
import { Closing } from './compose/closing.js'
import { useCaseDeps } from './compose/deps.js'
import { openDirectory } from './compose/directory.js'
import { openServers } from './compose/http.js'
import { openNetworks } from './compose/networks.js'
import { observe } from './compose/observability.js'
import { LatePublicUrl } from './compose/public-url.js'
import { Sandbox } from './compose/sandbox.js'
import { sinkClientOptions } from './compose/sinks.js'
import { openStore } from './compose/store.js'
import { startWorkers } from './compose/workers.js'
import type { Config } from './config/schema.js'
import { openLog } from './observability/log.js'
import { standardOutput } from './observability/log-output.js'
import { Metrics } from './observability/metrics.js'
import type { Clock } from './ports/clock.js'
import type { Store } from './ports/store/store.js'
import { LimitsCache } from './views/limits-cache.js'

export interface Gateway {
  /** Base URL it listens at. */
  readonly url: string
  /** Path of the unix socket of the admin API. */
  readonly adminSocket: string
  /** The server of applications, for calls without a port. */
  readonly app: FastifyInstance
  /** The server of operators. */
  readonly adminApp: FastifyInstance
  readonly store: Store
  readonly clock: Clock
  /** Reads the certificate and its key anew, and logs what was read. */
  renewCertificate(): void
  /** Finishes the requests and effects that have begun, and lets go of everything. */
  close(): Promise<void>
}

export interface GatewayOptions {
  /** Default: JSON on standard output. */
  readonly logger?: Logger
  /** Where the settings came from, to warn of secrets that others can read. Default: not known. */
  readonly given?: SettingsGiven
  /** Aborted when the gateway is to stop before it has started. Default: never. */
  readonly stop?: AbortSignal
}

/**
 * Starts a gateway.
 * @throws {StoreUnreachable} the database has not answered for `store.startTimeout`
 * @throws {ConfigError} a file that the configuration names cannot be used
 * @throws {NetworkUnusable} this machine cannot be the network it is configured to be; the message says what to do
 * @throws {DOMException} `AbortError`: it was asked to stop meanwhile, and let go of everything
 * @throws {Error} the store is in use, or was written by a newer version; the port is taken
 */
export async function startGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  const monotonicNow = () => performance.now()
  const closing = new Closing()
  const output = options.logger === undefined ? closing.push(standardOutput(Date.now)) : undefined
  const log = options.logger ?? openLog(config.log.level, output)
  try {
    await passChecks(BEFORE_START, { config, now: Date.now(), given: options.given }, log)
    const { store, secrets, realNow, threads, attend } = closing.push(await openStore(config, log, options.stop))
    options.stop?.throwIfAborted()
    const systemClock = new SystemClock(realNow)
    const world = config.sandbox ? await Sandbox.open({ config, store, realNow, systemClock }) : undefined
    const clock = world?.clock ?? systemClock
    const assertionKeys = new AssertionKeys({ settings: store.settings, secrets, realNow })
    const metrics = new Metrics(
      store,
      config.networks.map(({ id }) => id as NetworkId),
    )
    const networks = closing.push(
      await openNetworks(config, {
        ...{ store, secrets, assertionKeys, clock, realNow, monotonicNow, log },
        onMessage: metrics.onCallback,
      }),
    )
    options.stop?.throwIfAborted()
    const { insideAddress, nefs } = networks
    const known = openDirectory(config, { store, clock, monotonicNow, insideAddress, nefs })
    const sandbox = world && { world, directory: world.directoryOver(known) }
    const { health, queues } = observe(config, { store, secrets, networks, metrics, output })
    const sinkOptions = sinkClientOptions(config, world?.ca)
    const limits = closing.push(new LimitsCache(store.applications, config.limits))
    const deps = useCaseDeps(config, {
      ...{ store, secrets, clock, realNow, limits, sinkOptions, metrics, log },
      directory: sandbox?.directory ?? known,
      networks: networks.networks,
    })
    const publicUrl = new LatePublicUrl(config.publicUrl)
    const shared = { deps, metrics, queues, assertionKeys, publicUrl, monotonicNow, log }
    const callers = closing.push(openCallers(config, { store, secrets, realNow, monotonicNow, log, limits, publicUrl }))
    const servers = closing.push(
      await openServers(config, { ...shared, callers, networks, health, sandbox, sinkOptions, stop: options.stop }),
    )
    closing.push(await startWorkers(config, { ...shared, sinkOptions, led: networks.led, threads, health }))
    attend((): Instant => clock.now())
    closing.push({ close: servers.stop })
    log.info({ url: publicUrl.value, sandbox: config.sandbox }, 'listening')
    for (const warning of simulatedNetworks(config)) log.warn(warning)
    const { url, adminSocket, app, adminApp, renewCertificate } = servers
    return { url, adminSocket, app, adminApp, store, clock, renewCertificate, close: () => closing.close() }
  } catch (error) {
    await closing.close()
    throw error
  }
}
