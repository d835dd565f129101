// The HTTP servers: one for applications (and people, by the dashboard), and one for operators on a socket.

import { chmodSync } from 'node:fs'
import type { Server as HttpsServer } from 'node:https'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { NetworkId, QodError } from '@rightofway/camara'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { fetch, type RequestInit } from 'undici'
import type { AssertionKeys } from '../auth/secrets/assertion-keys.js'
import { adminSocketOf } from '../config/data-files.js'
import { prefixes } from '../config/prefixes.js'
import type { Config } from '../config/schema.js'
import type { Queues } from '../delivery/queues.js'
import { type SinkClientOptions, sinkAgent } from '../delivery/sink-client-options.js'
import type { AdminDeps } from '../http/admin/deps.js'
import { MAX_FILE_LENGTH } from '../http/admin/device-files.js'
import { ADMIN_ROUTES, type AdminPart, addAdminApi, adminPart } from '../http/admin/index.js'
import { linuxRoutes } from '../http/admin/linux-status.js'
import { tokenRoutes } from '../http/admin/tokens.js'
import { addCamaraApis } from '../http/camara/index.js'
import { boundConnections } from '../http/connections.js'
import { addDashboardApi } from '../http/dashboard/index.js'
import { addJwks } from '../http/jwks.js'
import { listenAtPort, listenAtSocket } from '../http/listen.js'
import { addNokia } from '../http/nokia/index.js'
import { addOAuth, OPENID_CONFIGURATION } from '../http/oauth/index.js'
import { addProbes } from '../http/probes.js'
import type { Gate } from '../http/route.js'
import { createServer } from '../http/server.js'
import { noticeUntrustedProxy } from '../http/untrusted-proxy.js'
import type { Health } from '../observability/health.js'
import type { Metrics } from '../observability/metrics.js'
import { Trouble } from '../ports/trouble.js'
import type { SandboxDirectory } from '../sandbox/directory.js'
import { simulatorRoutes } from '../sandbox/routes/simulator.js'
import { sandboxTokenRoutes } from '../sandbox/routes/tokens.js'
import type { AuditLog } from '../usecases/audit/note.js'
import type { Deps } from '../usecases/deps.js'
import { LiveSessions } from '../views/live-sessions.js'
import { reconcile } from '../workers/reconciler.js'
import { type OpenedCallers, oauthOf, openUsers } from './auth.js'
import { Closing } from './closing.js'
import type { OpenedNetworks } from './networks.js'
import type { LatePublicUrl } from './public-url.js'
import type { Sandbox } from './sandbox.js'
import { ServedCertificate } from './served-certificate.js'

/** How long the stop of the gateway waits for requests in progress (milliseconds). */
const ANSWERS_MS = 1_500
/** The largest file of devices, with each of its characters escaped. */
const ADMIN_BODY_LIMIT = 2 * MAX_FILE_LENGTH + 65_536
/** The folder of the built dashboard. */
const DASHBOARD = join(dirname(createRequire(import.meta.url).resolve('@rightofway/dashboard/package.json')), 'dist')

interface Parts {
  readonly deps: Deps
  readonly callers: OpenedCallers
  readonly networks: OpenedNetworks
  readonly health: Health
  readonly metrics: Metrics
  readonly queues: Queues
  readonly assertionKeys: AssertionKeys
  readonly publicUrl: LatePublicUrl
  /** Connects to addresses that others chose. */
  readonly sinkOptions: SinkClientOptions
  readonly sandbox: { readonly world: Sandbox; readonly directory: SandboxDirectory } | undefined
  readonly monotonicNow: () => number
  readonly log: Logger
  /** Aborted if the gateway is stopped before it has started. */
  readonly stop: AbortSignal | undefined
}

export interface OpenedServers {
  /** Of applications. */
  readonly app: FastifyInstance
  /** Of operators. */
  readonly adminApp: FastifyInstance
  readonly url: string
  readonly adminSocket: string
  /** Reads the certificate and its key again, and logs the result. */
  renewCertificate(): void
  /** Accepts no more requests of applications, and finishes those in progress. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** @throws {Error} the port is in use, or the socket cannot be made */
export async function openServers(config: Config, parts: Parts): Promise<OpenedServers> {
  const closing = new Closing()
  try {
    return await open(config, parts, closing)
  } catch (error) {
    await closing.close()
    throw error
  }
}

async function open(config: Config, parts: Parts, closing: Closing): Promise<OpenedServers> {
  const { deps, callers, health, metrics, assertionKeys, publicUrl, sandbox, log } = parts
  const stopping = new AbortController()
  const failures = closing.push(
    new Trouble(log, { broken: 'a request failed', mended: 'requests succeed again', mendedBySilence: true }),
  )
  const onFault = (error: QodError) => failures.failed(error.cause ?? error, { code: error.code })
  const gate: Gate = { admit: callers.admit, onAnswer: metrics.onAnswer, onFault, stopping: stopping.signal }
  const applicationGate: Gate = { ...gate, recheck: callers.recheck }
  const certificate = new ServedCertificate({ listen: config.listen, log, realNow: Date.now })
  health.watch(certificate.warnings)
  const app = applicationServer(config, certificate, publicUrl.path, onFault)
  noticeUntrustedProxy(app, (peer) =>
    log.warn(
      peer === undefined ? {} : { peer },
      'requests with X-Forwarded-For come from an address that is not in listen.trustProxy: all clients of that ' +
        'proxy count as one',
    ),
  )
  closing.push(boundConnections(app.server, log))
  sandbox?.world.addTo(app)
  const oauth = oauthOf(config)
  const { dialectOf } = await addNokia(app, deps, applicationGate)
  await addCamaraApis(app, { ...deps, publicUrl }, applicationGate, {
    openIdConnectUrl: oauth.server ? OPENID_CONFIGURATION : undefined,
    dialectOf,
  })
  addJwks(app, assertionKeys)
  if (oauth.server) {
    const { subjects, tokenKeys: keys } = callers
    const { store, secrets, directory, realNow } = deps
    const { consent } = oauth
    const { tokenLifetime: tokenLifetimeS, profile, requestsPerSecond } = config.oauth
    const settings = { consent, tokenLifetimeS, scopeRequired: profile === 'camara', sandbox: config.sandbox }
    addOAuth(app, {
      store,
      secrets,
      subjects,
      directory,
      keys,
      realNow,
      publicUrl,
      ...settings,
      fetch: guardedFetch(parts.sinkOptions, closing),
      monotonicNow: parts.monotonicNow,
      requestsPerSecond,
      onFault,
      onRefusal: callers.onRefusal,
    })
  }
  addProbes(app, { health, registry: metrics.registry, metricsAllow: prefixes(config.metrics.allow) })

  const signingIn = openUsers(config, { ...deps, ...parts, security: callers.security })
  const auditLog: AuditLog = { audit: deps.store.audit, realNow: deps.realNow }
  const adminParts = operatorParts(config, parts, closing, signingIn.users, auditLog)
  if (sandbox !== undefined) {
    const { world, directory } = sandbox
    adminParts.push(...closing.push(await world.openRoutes(app, { directory, auditLog, publicUrl, onFault })).parts)
  }
  if (oauth.server) {
    const tokenDeps = { ...deps, ...callers, publicUrl }
    adminParts.push(adminPart(tokenRoutes, tokenDeps, auditLog))
    if (config.sandbox) adminParts.push(adminPart(sandboxTokenRoutes, tokenDeps, auditLog))
  }
  const adminApp = createServer({ onFault, bodyLimit: ADMIN_BODY_LIMIT, ...connectionsOf(config) })
  await addAdminApi(adminApp, adminParts, gate)
  if (config.dashboard.enabled) {
    const signIn = {
      ...signingIn,
      auditLog,
      sandbox: config.sandbox,
      realNow: deps.realNow,
      publicUrl,
    }
    addDashboardApi(app, { parts: adminParts, folder: DASHBOARD, ...signIn }, gate)
  }

  parts.stop?.throwIfAborted()
  const adminSocket = adminSocketOf(config)
  await listenAtSocket(adminApp, adminSocket)
  closing.push(adminApp)
  chmodSync(adminSocket, 0o600)
  const url = await listenAtPort(app, config.listen.host, config.listen.port)
  publicUrl.listensAt(url)
  const stop = async () => {
    health.stopping()
    stopping.abort()
    // Requests in progress get the network's answer. Timers and leases do not wait for the others.
    const waited = new AbortController()
    const patience = delay(ANSWERS_MS, undefined, { signal: waited.signal }).catch(() => undefined)
    await Promise.race([app.close(), patience])
    waited.abort()
  }
  // A start that fails later leaves no open listener.
  closing.push(app)
  const renewCertificate = () => certificate.renew(app.server as HttpsServer)
  return { app, adminApp, url, adminSocket, renewCertificate, stop, close: () => closing.close() }
}

/** Fetches documents that clients publish, through the dialler for addresses that others chose. */
function guardedFetch(options: SinkClientOptions, closing: Closing): typeof globalThis.fetch {
  const dispatcher = sinkAgent(options)
  closing.push({ close: () => dispatcher.destroy() })
  return ((url: string, init: RequestInit) => {
    const signal = AbortSignal.timeout(options.timeoutMs)
    return fetch(url, { ...init, dispatcher, signal, redirect: 'error' })
  }) as unknown as typeof globalThis.fetch
}

function applicationServer(
  { listen, http }: Pick<Config, 'listen' | 'http'>,
  { files: tls }: ServedCertificate,
  publicPath: string,
  onFault: (error: QodError) => void,
): FastifyInstance {
  const trustProxy = listen.trustProxy.length > 0 && listen.trustProxy
  const { origins: corsOrigins } = http.cors
  return createServer({
    onFault,
    trustProxy,
    publicPath,
    corsOrigins,
    ...connectionsOf({ listen }),
    ...(tls && { tls }),
  })
}

const connectionsOf = ({ listen }: Pick<Config, 'listen'>) => ({
  requestTimeoutMs: listen.requestTimeout * 1_000,
  keepAliveTimeoutMs: listen.keepAliveTimeout * 1_000,
  maxConnections: listen.maxConnections,
})

/** The operations of operators on every gateway, and those that its networks add. */
function operatorParts(
  config: Config,
  { deps, networks, health, queues, assertionKeys, publicUrl, sandbox, log }: Parts,
  closing: Closing,
  users: AdminDeps['users'],
  auditLog: AuditLog,
): AdminPart[] {
  const { store, clock } = deps
  const adminDeps: AdminDeps = {
    ...deps,
    health,
    queues,
    assertionKeys,
    liveSessions: closing.push(new LiveSessions({ store, clock })),
    users,
    sandbox: config.sandbox,
    publicUrl,
    reconcile: async (id: NetworkId) => {
      const network = deps.networks.get(id)
      return network && reconcile({ store, clock, log, network })
    },
  }
  const { simulators, linuxNetworks } = networks
  // Where the clock can be moved, it is known when all work that was begun is done.
  const settled = async () => void (await sandbox?.world.clock.moveBy(0))
  const parts = [adminPart(ADMIN_ROUTES, adminDeps, auditLog)]
  if (simulators.size > 0) parts.push(adminPart(simulatorRoutes, { simulators, settled }, auditLog))
  if (linuxNetworks.size > 0) parts.push(adminPart(linuxRoutes, { linuxNetworks }, auditLog))
  return parts
}
