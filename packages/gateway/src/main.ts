// Puts the parts together. This is the only file that reads the machine's clock and says `new` to adapters.

import { randomBytes, randomFillSync } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Server as HttpsServer } from 'node:https'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type Instant,
  instant,
  type Mutable,
  type NetworkId,
  type QodError,
  type SessionId,
  seconds,
} from '@rightofway/camara'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { SandboxClock } from './adapters/clock/sandbox-clock.js'
import { SystemClock } from './adapters/clock/system-clock.js'
import { type InsideAddress, NatDirectory } from './adapters/directory-nat/directory.js'
import { OpenDirectory } from './adapters/directory-open/directory.js'
import { storeDirectory } from './adapters/directory-store/directory.js'
import { NetworkElsewhere } from './adapters/network-elsewhere.js'
import { booksFile } from './adapters/network-linux/books.js'
import { LinuxNetwork } from './adapters/network-linux/network.js'
import { machineTools } from './adapters/network-linux/tools.js'
import { RemoteSimulator } from './adapters/network-simulator/remote.js'
import { Simulator } from './adapters/network-simulator/simulator.js'
import { openPostgresStore } from './adapters/store-postgres/store.js'
import { openSqliteStore } from './adapters/store-sqlite/store.js'
import { openThreadedStore, threadPossible } from './adapters/store-thread/threaded-store.js'
import { accessTokens } from './auth/access-tokens.js'
import { Authenticator } from './auth/authenticator.js'
import type { Caller } from './auth/caller.js'
import { EmbeddedTokens } from './auth/embedded-tokens.js'
import { type ExternalIssuer, ExternalTokens } from './auth/external-tokens.js'
import { KeyUses } from './auth/key-uses.js'
import { Secrets } from './auth/keyring.js'
import { type OpenIdDeps, OpenIdProvider } from './auth/openid-provider.js'
import { People } from './auth/people.js'
import { RateLimiter } from './auth/rate-limiter.js'
import { SigningKeys } from './auth/signing-keys.js'
import { Subjects } from './auth/subjects.js'
import { passChecks } from './checks/check.js'
import { BEFORE_START } from './checks/index.js'
import { adminSocketOf, simulatorFileOf, storeFileOf } from './config/data-files.js'
import { keyringSource } from './config/keyring-source.js'
import { readProfiles, SHIPPED_PROFILES } from './config/profiles-file.js'
import type { Config, ElsewhereConfig, LinuxConfig, SimulatorConfig } from './config/schema.js'
import { readCertificates, readNamedFile } from './config/tls-files.js'
import { AddressGuard } from './delivery/address-guard.js'
import { AssertionKeys } from './delivery/assertion-keys.js'
import { ATTEMPT_TIMEOUT_MS, Deliverer } from './delivery/deliverer.js'
import { Proofs } from './delivery/proofs.js'
import { BOUNDS, Queues } from './delivery/queues.js'
import { sinkPolicy } from './delivery/sink-policy.js'
import { openCourier, type SinkWay, sinkAgent } from './delivery/sink-way.js'
import { ThreadedCourier } from './delivery/threaded-courier.js'
import { Tokens } from './delivery/tokens.js'
import { familyOf, type Prefix, parsePrefix } from './domain/address.js'
import type { Place } from './domain/offer.js'
import { sessionIdFrom } from './domain/session-id.js'
import { Health } from './health.js'
import type { Notebook } from './http/admin/audit.js'
import type { AdminDeps } from './http/admin/deps.js'
import { ADMIN_ROUTES, type AdminPart, addAdminApi, adminPart } from './http/admin/index.js'
import { tokenRoutes } from './http/admin/tokens.js'
import { addCamaraApis } from './http/camara/index.js'
import { addDashboardApi } from './http/dashboard/index.js'
import { addJwks } from './http/jwks.js'
import { linuxRoutes } from './http/linux/status.js'
import { listenAtPort, listenAtSocket } from './http/listen.js'
import { addNokia } from './http/nokia/index.js'
import { addOAuth, OPENID_CONFIGURATION } from './http/oauth/index.js'
import { addProbes } from './http/probes.js'
import type { Gate } from './http/route.js'
import { clockRoutes } from './http/sandbox/clock.js'
import { addFaults, faultRoutes } from './http/sandbox/faults.js'
import { openHttpsSink } from './http/sandbox/https-sink.js'
import { identifierRoutes } from './http/sandbox/identifiers.js'
import { addInbox, INBOX_PATH, inboxRoutes } from './http/sandbox/inbox.js'
import { simulatorRoutes } from './http/sandbox/simulator.js'
import { sandboxTokenRoutes } from './http/sandbox/tokens.js'
import { ServedCertificate } from './http/served-certificate.js'
import { createServer } from './http/server.js'
import { openLog } from './log/log.js'
import { standardOutput } from './log/output.js'
import { Metrics } from './metrics.js'
import type { Clock } from './ports/clock.js'
import type { DeviceDirectory } from './ports/device-directory.js'
import type { Store } from './ports/store.js'
import { Trouble } from './ports/trouble.js'
import { createAuthority } from './sandbox/certificates.js'
import { SandboxDirectory } from './sandbox/directory.js'
import { SandboxFaults } from './sandbox/faults.js'
import { SandboxInbox } from './sandbox/inbox.js'
import { loadWorld, TEST_DEVICES } from './sandbox/load-world.js'
import type { Deps } from './usecases/deps.js'
import { LimitBook } from './usecases/limits.js'
import { type AttachedNetwork, Networks } from './usecases/networks.js'
import { SessionBoard } from './usecases/session-board.js'
import { DeviceFollower } from './workers/device-follower.js'
import { NetworkTenure } from './workers/network-tenure.js'
import { reconcile } from './workers/reconciler.js'
import { Tidier } from './workers/tidier.js'
import { Timers } from './workers/timers.js'

const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const MAX_FLOW_RULES = 64
const DEFAULT_CAPACITY_BPS = 100_000_000_000
const SINK_CONNECT_TIMEOUT_MS = 5_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A file of some hundred thousand devices. */
const ADMIN_BODY_LIMIT = 64 * 1_048_576
/** The authority of a sandbox is made anew at every start. */
const CA_DAYS = 365
const CLOCK_OFFSET = 'sandbox-clock-offset-ms'
/** Where the dashboard is built. */
const DASHBOARD = join(dirname(createRequire(import.meta.url).resolve('@rightofway/dashboard/package.json')), 'dist')
const LOOPBACK = ['127.0.0.0/8', '::1/128'] as Prefix[]

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
  /** Aborted when the gateway is to stop before it has started. Default: never. */
  readonly stop?: AbortSignal
}

/**
 * Starts a gateway.
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
    await passChecks(BEFORE_START, { config, now: Date.now() }, log)
    makeDataFolder(config.dataDir)
    // A sandbox has little to do, and is to start and stop at once.
    const threads = !config.sandbox && threadPossible()
    const { store, realNow, attend } = await openStore(config, threads, log)
    closing.push(store)
    options.stop?.throwIfAborted()
    const secrets = await Secrets.open(store, keyringSource(config))
    if (secrets.problem !== undefined) log.error({ problem: secrets.problem }, 'secrets cannot be used')
    await seedProfiles(store, config, instant(realNow()))

    const systemClock = new SystemClock(realNow)
    const sandboxClock = config.sandbox ? await SandboxClock.start(systemClock, offsetKeeper(store)) : undefined
    const clock = sandboxClock ?? systemClock
    if (config.sandbox) await loadWorld(store, instant(realNow()))

    const simulators = new Map<NetworkId, Simulator>()
    const linuxNetworks = new Map<NetworkId, LinuxNetwork>()
    const attached: AttachedNetwork[] = []
    for (const network of config.networks) {
      const id = network.id as NetworkId
      const opened =
        network.kind === 'simulator'
          ? network.url === undefined
            ? keep(simulators, id, closing.push(openSimulator(network, config, { clock, log })))
            : closing.push(new RemoteSimulator(id, network.url, maxFlowRules(network)))
          : network.kind === 'linux'
            ? keep(linuxNetworks, id, closing.push(await openLinux(network, config, { clock, monotonicNow, log })))
            : new NetworkElsewhere(id, maxFlowRules(network))
      attached.push({
        network: opened,
        place: placeOf(network),
        ...(network.devices && { devices: prefixes(network.devices) }),
      })
    }
    options.stop?.throwIfAborted()
    const networks = new Networks(attached as [AttachedNetwork])
    const authority = config.sandbox ? createAuthority('Right of Way sandbox', realNow(), CA_DAYS) : undefined
    const way = sinkWay(config, authority?.cert)
    const networkIds = networks.all.map(({ id }) => id)
    const health = new Health(store, secrets, networkIds)
    if (output !== undefined) health.watch(() => output.warnings)
    const metrics = new Metrics(store, networkIds)
    const assertionKeys = new AssertionKeys({ settings: store.settings, secrets, realNow })
    const queues = new Queues()
    metrics.watchQueues(() => queues.stats())
    for (const [id, network] of linuxNetworks) metrics.addNetwork(id, () => network.figures())
    const limits = closing.push(new LimitBook(store.applications, config.limits))
    const translating = config.networks.some((network) => network.kind === 'linux' && network.nat)
      ? [...linuxNetworks.values()][0]
      : undefined
    const inside: InsideAddress | undefined =
      translating && ((address, port) => translating.insideAddress(address, port))
    const known = directory(config, store, clock, inside)
    const sandboxDirectory = config.sandbox ? new SandboxDirectory(known, store.devices) : undefined
    const deps: Deps = {
      store,
      directory: sandboxDirectory ?? known,
      networks,
      clock,
      secrets,
      limits,
      sinks: sinkPolicy({ guard: new AddressGuard(way.guard), sandbox: config.sandbox }),
      policy: {
        durationCeiling: seconds(config.sessions.maxDuration),
        conflictRule: config.sessions.conflicts,
        setUpTimeout: seconds(config.sessions.setUpTimeout),
        createHoldMs: config.sessions.createHoldMs,
        extendHoldMs: config.sessions.extendHoldMs,
      },
      newSessionId: sessionIds(),
      realNow,
      onShortToken: (session) => {
        metrics.onShortToken()
        log.warn({ session }, 'the access token of a sink expires before its session does')
      },
    }

    // --- who answers ---
    const { applications, grants } = store
    const { server: oauthServer = config.sandbox, consent = config.sandbox ? 'automatic' : 'recorded' } = config.oauth
    const subjects = new Subjects({ grants, secrets, realNow })
    const tokenKeys = new SigningKeys(
      { settings: store.settings, secrets, realNow },
      { setting: 'token-keys', lifetimeS: config.oauth.tokenLifetime },
    )
    // The URL is known once we listen.
    const publicUrl = () => publicDeps.publicUrl
    const embedded = new EmbeddedTokens({ applications, subjects, keys: tokenKeys, realNow, publicUrl })
    const external = config.oauth.issuers.map(
      (issuer) => new ExternalTokens(issuer as ExternalIssuer, { applications, secrets, realNow }),
    )
    const tokens = accessTokens(oauthServer ? [embedded, ...external] : external)
    const requestsTrouble = closing.push(
      new Trouble(log, { broken: 'a request failed', mended: 'requests succeed again', mendedBySilence: true }),
    )
    const keysTrouble = closing.push(
      new Trouble(log, {
        broken: 'the uses of keys could not be written: trying again',
        mended: 'the uses of keys are written again',
        mendedBySilence: true,
      }),
    )
    const authenticator = closing.push(new Authenticator({ applications, grants, tokens, realNow }))
    const keyUses = closing.push(new KeyUses(applications, realNow, (error) => keysTrouble.failed(error)))
    const stopping = new AbortController()
    const onFault = (error: QodError) => requestsTrouble.failed(error.cause ?? error, { code: error.code })
    const limiter = new RateLimiter({ limits, monotonicNow, parts: () => store.gateways.alive })
    const limited = (caller: Caller, operation: string): Caller | Promise<Caller> => {
      const counted = limiter.count(caller.application, operation)
      return counted instanceof Promise ? counted.then(() => caller) : caller
    }
    const gate: Gate = {
      admit({ headers }, operation) {
        const caller = authenticator.authenticate({
          authorization: headers.authorization,
          rapidApiKey: headers['x-rapidapi-key'] as string | undefined,
        })
        const noted = (known: Caller) => limited(keyUses.noted(known), operation.operationId)
        return caller instanceof Promise ? caller.then(noted) : noted(caller)
      },
      onAnswer: metrics.onAnswer,
      onFault,
      stopping: stopping.signal,
    }
    const { listen } = config
    const certificate = new ServedCertificate({ listen, log, realNow: Date.now })
    health.watch(certificate.warnings)
    const tls = certificate.files
    const app = createServer({
      onFault,
      trustProxy: listen.trustProxy.length > 0 && listen.trustProxy,
      ...(tls && { tls }),
    })
    if (sandboxClock !== undefined) {
      // Clients tell by the Date of an answer what time it is here (RFC 9110 section 6.6.1).
      app.addHook('onSend', (_request, reply, payload, done) => {
        reply.header('date', new Date(sandboxClock.now()).toUTCString())
        done(null, payload)
      })
    }
    const faults = new SandboxFaults()
    if (config.sandbox) addFaults(app, faults)
    // The URL is known once we listen, and events are rendered after that.
    const publicDeps = { ...deps, publicUrl: config.publicUrl ?? '' }
    await addNokia(app, deps, gate)
    await addCamaraApis(app, publicDeps, gate, oauthServer ? OPENID_CONFIGURATION : undefined)
    addJwks(app, assertionKeys)
    if (oauthServer) {
      addOAuth(app, {
        store,
        secrets,
        subjects,
        directory: deps.directory,
        keys: tokenKeys,
        realNow,
        publicUrl,
        consent,
        tokenLifetimeS: config.oauth.tokenLifetime,
        sandbox: config.sandbox,
        onFault,
      })
    }
    addProbes(app, { health, registry: metrics.registry, metricsAllow: prefixes(config.metrics.allow) })

    const board = closing.push(new SessionBoard({ store, clock }))
    const signInMs = config.dashboard.signInHours * HOUR_MS
    const people = new People({ users: store.users, realNow, monotonicNow, signInMs })
    const adminApp = createServer({ onFault, bodyLimit: ADMIN_BODY_LIMIT })
    const adminDeps: AdminDeps = {
      ...deps,
      health,
      queues,
      assertionKeys,
      board,
      people,
      sandbox: config.sandbox,
      get publicUrl() {
        return publicDeps.publicUrl
      },
      reconcile: async (id: NetworkId) => {
        const network = networks.get(id)
        return network && reconcile({ store, clock, log, network })
      },
    }
    // Where time can be moved, it is known when all is done that was begun.
    const settled = async () => void (await sandboxClock?.moveBy(0))
    const notebook: Notebook = { audit: store.audit, realNow }
    const adminParts: AdminPart[] = [adminPart(ADMIN_ROUTES, adminDeps, notebook)]
    if (simulators.size > 0) adminParts.push(adminPart(simulatorRoutes, { simulators, settled }, notebook))
    if (linuxNetworks.size > 0) adminParts.push(adminPart(linuxRoutes, { linuxNetworks }, notebook))
    if (sandboxClock !== undefined && sandboxDirectory !== undefined && authority !== undefined) {
      const inbox = new SandboxInbox()
      await addInbox(app, inbox, realNow)
      const ca = join(config.dataDir, 'sandbox-ca.pem')
      writeFileSync(ca, authority.cert)
      const httpsSink = closing.push(await openHttpsSink({ inbox, authority, realNow, onFault }))
      const sinks = () => ({ http: publicDeps.publicUrl + INBOX_PATH, https: httpsSink.url, ca })
      adminParts.push(adminPart(clockRoutes, { sandboxClock }, notebook))
      adminParts.push(adminPart(identifierRoutes, { sandboxDirectory }, notebook))
      adminParts.push(adminPart(faultRoutes, { faults }, notebook))
      adminParts.push(adminPart(inboxRoutes, { inbox, sinks }, notebook))
    }
    if (oauthServer) {
      const tokenDeps = { ...deps, subjects, tokenKeys, publicUrl }
      adminParts.push(adminPart(tokenRoutes, tokenDeps, notebook))
      if (config.sandbox) adminParts.push(adminPart(sandboxTokenRoutes, tokenDeps, notebook))
    }
    await addAdminApi(adminApp, adminParts, gate)
    if (config.dashboard.enabled) {
      const provider = openIdProvider(config, {
        secrets,
        realNow,
        onFailure: (failure) => log.warn(failure, 'the OpenID provider of the dashboard cannot be used'),
      })
      const signIn = { people, users: store.users, notebook, sandbox: config.sandbox, realNow, provider, publicUrl }
      addDashboardApi(app, { parts: adminParts, folder: DASHBOARD, ...signIn }, gate)
    }

    options.stop?.throwIfAborted()
    const adminSocket = adminSocketOf(config)
    await listenAtSocket(adminApp, adminSocket)
    closing.push(adminApp)
    chmodSync(adminSocket, 0o600)
    const url = await listenAtPort(app, listen.host, listen.port)
    publicDeps.publicUrl ||= url

    // --- who acts ---
    const timers = new Timers({ store, clock, log, onFired: metrics.onTimer })
    const courier = closing.push(threads ? new ThreadedCourier(way, log) : openCourier(way))
    const tokenAgent = sinkAgent(way)
    closing.push({ close: () => tokenAgent.destroy() })
    const sinkTokens = new Tokens({ keys: assertionKeys, agent: tokenAgent, realNow })
    const deliverer = new Deliverer({
      store,
      clock,
      log,
      courier,
      proofs: closing.push(new Proofs({ proofs: store.proofs, secrets, tokens: sinkTokens, realNow })),
      queues,
      publicUrl: publicDeps.publicUrl,
      realNow,
      monotonicNow,
      random: Math.random,
      onAttempt: metrics.onAttempt,
    })
    const tenures = networks.all
      .filter((network) => !(network instanceof NetworkElsewhere))
      .map(
        (network) =>
          new NetworkTenure({
            store,
            clock,
            log,
            network,
            monotonicNow,
            onAnswer: (task, result, ms) => metrics.onNetworkAnswer(network.id, task, result, ms),
          }),
      )
    const tidier = new Tidier({
      store,
      clock,
      log,
      realNow,
      historyMs: config.history.days * DAY_MS,
      auditMs: config.audit.days * DAY_MS,
    })
    const follower = new DeviceFollower({ ...deps, log })
    await follower.start()
    timers.start()
    await Promise.all(tenures.map((tenure) => tenure.start()))
    deliverer.start()
    tidier.start()
    attend(() => clock.now())
    closing.push({
      async close() {
        await Promise.all([tidier.stop(), timers.stop(), follower.stop()])
        await Promise.all(tenures.map((tenure) => tenure.stop()))
        await deliverer.stop()
      },
    })
    closing.push({
      async close() {
        health.stopping()
        stopping.abort()
        await app.close()
      },
    })
    log.info({ url: publicDeps.publicUrl, sandbox: config.sandbox }, 'listening')
    return {
      url,
      adminSocket,
      app,
      adminApp,
      store,
      clock,
      renewCertificate: () => certificate.renew(app.server as HttpsServer),
      close: () => closing.close(),
    }
  } catch (error) {
    await closing.close()
    throw error
  }
}

/** Closes what was opened, in the opposite order. */
class Closing {
  readonly #opened: { close(): unknown }[] = []
  #closed: Promise<void> | undefined

  push<T extends { close(): unknown }>(opened: T): T {
    this.#opened.push(opened)
    return opened
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const opened of this.#opened.reverse()) await opened.close()
    })()
    return this.#closed
  }
}

interface OpenedStore {
  readonly store: Store
  /** Milliseconds since the epoch that no sandbox moves, the same on all gateways. */
  readonly realNow: () => number
  /** Has the store do what it does by itself, from now on. */
  readonly attend: (now: () => Instant) => void
}

function makeDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Error(
      `dataDir ${dataDir} cannot be made: ${(error as Error).message}. It must be a folder, or one that the user that the ` +
        'gateway runs as can make.',
      { cause: error },
    )
  }
}

async function openStore(config: Config, threads: boolean, log: Logger): Promise<OpenedStore> {
  const { name = hostname(), store: settings } = config
  if (settings.url === undefined) {
    const synchronous = settings.durable ? 'FULL' : 'OFF'
    const options = { file: storeFileOf(config), synchronous, name } as const
    const store = threads ? await openThreadedStore(options) : openSqliteStore(options)
    return { store, realNow: () => Date.now(), attend: () => undefined }
  }
  const trouble = new Trouble(log, {
    broken: 'the database was not reached: trying again',
    mended: 'the database is reached again',
  })
  const store = await openPostgresStore({
    url: settings.url,
    name,
    version: VERSION,
    onFault: (error) => trouble.failed(error, {}, 'warn'),
    onReached: () => trouble.over(),
  })
  return { store, realNow: () => store.time.now(), attend: store.attend }
}

async function seedProfiles(store: Store, { profiles }: Config, at: Instant): Promise<void> {
  if ((await store.settings.get('profiles-seeded')) !== undefined) return
  const seeded = readProfiles(profiles.seed ?? SHIPPED_PROFILES)
  await Promise.all(seeded.map((profile) => store.profiles.put(profile, { by: 'the first start', at })))
  await store.settings.set('profiles-seeded', 'yes')
}

function directory(
  { directory: config }: Config,
  store: Store,
  clock: Clock,
  inside: InsideAddress | undefined,
): DeviceDirectory {
  const { ipv6PrefixLength } = config
  const identifiers = new Set(config.identifiers)
  const known =
    config.kind === 'open'
      ? new OpenDirectory({ prefixes: prefixes(config.prefixes), ipv6PrefixLength, identifiers })
      : storeDirectory(store.devices, clock, identifiers)
  return inside === undefined ? known : new NatDirectory(known, inside)
}

/** Where people sign in to the dashboard, besides here. */
function openIdProvider({ dashboard: { oidc } }: Config, deps: OpenIdDeps): OpenIdProvider | undefined {
  const { issuer, clientId, clientSecretFile: file, viewers, operators, admins } = oidc
  if (issuer === undefined || clientId === undefined) return undefined
  const clientSecret =
    file === undefined ? oidc.clientSecret : readNamedFile('dashboard.oidc.clientSecretFile', file).trim()
  const values = { viewer: viewers, operator: operators, admin: admins }
  return new OpenIdProvider({ ...oidc, issuer, clientId, values, ...(clientSecret && { clientSecret }) }, deps)
}

const maxFlowRules = (network: { readonly maxFlowRules?: number }) => ({
  maxFlowRules: network.maxFlowRules ?? MAX_FLOW_RULES,
})

function placeOf({ country, plmn }: SimulatorConfig | LinuxConfig | ElsewhereConfig): Place {
  const place: Mutable<Place> = {}
  if (country !== undefined) place.country = country
  if (plmn !== undefined) place.plmn = plmn
  return place
}

function openSimulator(network: SimulatorConfig, config: Config, parts: { clock: Clock; log: Logger }): Simulator {
  return new Simulator({
    ...parts,
    id: network.id as NetworkId,
    file: simulatorFileOf(config, network.id),
    capacity: {
      downlinkBps: network.downlinkBps ?? DEFAULT_CAPACITY_BPS,
      uplinkBps: network.uplinkBps ?? DEFAULT_CAPACITY_BPS,
    },
    ...(network.maxFlowRules !== undefined && { maxFlowRules: network.maxFlowRules }),
    ...(config.sandbox && { testDevices: TEST_DEVICES }),
  })
}

function openLinux(
  { kind: _, devices: __, country: ___, plmn: ____, ...network }: LinuxConfig,
  { dataDir }: Config,
  parts: { clock: Clock; monotonicNow: () => number; log: Logger },
): Promise<LinuxNetwork> {
  const towardsDevices = network.towardsDevices.map(({ devices, ...side }) => ({
    ...side,
    ...(devices && { devices: prefixes(devices) }),
  }))
  return LinuxNetwork.open({
    ...parts,
    config: { ...network, id: network.id as NetworkId, towardsDevices: towardsDevices as [(typeof towardsDevices)[0]] },
    file: booksFile(dataDir, network.id),
    tools: machineTools(),
  })
}

function keep<T>(all: Map<NetworkId, T>, id: NetworkId, one: T): T {
  all.set(id, one)
  return one
}

/** @param authority whose certificates are good beside those that are configured */
function sinkWay({ sinks, sandbox }: Config, authority: string | undefined): SinkWay {
  const way: Mutable<SinkWay> = {
    guard: { allow: [...prefixes(sinks.allow), ...(sandbox ? LOOPBACK : [])] },
    connectTimeoutMs: SINK_CONNECT_TIMEOUT_MS,
    connectionsPerHost: BOUNDS.perHost,
    timeoutMs: ATTEMPT_TIMEOUT_MS,
  }
  if (sinks.proxy !== undefined) way.proxy = sinks.proxy
  if (sinks.nameServers.length > 0) way.nameServers = sinks.nameServers
  const configured = sinks.ca === undefined ? undefined : readCertificates('sinks.ca', sinks.ca)
  const trusted = [configured, authority].filter((pem) => pem !== undefined)
  if (trusted.length > 0) way.ca = trusted.join('\n')
  return way
}

const prefixes = (texts: readonly string[]): Prefix[] =>
  texts.map((text) => parsePrefix(text, familyOf(text), `the prefix ${text} of the configuration`))

const offsetKeeper = (store: Store) => ({
  load: async () => Number((await store.settings.get(CLOCK_OFFSET)) ?? 0),
  save: (offsetMs: number) => store.settings.set(CLOCK_OFFSET, String(offsetMs)),
})

/** Random bytes are drawn for many ids at once. */
function sessionIds(): (now: Instant) => SessionId {
  const pool = randomBytes(10 * 256)
  let used = 0
  return (now) => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += 10
    return sessionIdFrom(now, pool.subarray(used - 10, used))
  }
}
