import {
  after,
  type CreateSession,
  type Device,
  type Instant,
  instant,
  type Mutable,
  QodError,
  type Seconds,
  type SessionId,
  seconds,
} from '@rightofway/camara'
import { KeyMissing } from '../../auth/secrets/keyring.js'
import { checkAvailable, type OperatorProfile } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import type { NamedBy, Subscriber } from '../../domain/device.js'
import { checkAddressPairs, checkFlowSize, parseServerSide, type ServerSide } from '../../domain/flow.js'
import { grantProfile } from '../../domain/profile.js'
import { type QueueId, queueOf } from '../../domain/queue.js'
import { asOf, request, type Session, type Terms } from '../../domain/session.js'
import type { Network } from '../../ports/network.js'
import {
  AddressMoved,
  AlreadyCreated,
  type Creation,
  type EventDialect,
  FlowTaken,
  type IdempotencyRecord,
  QuotaExhausted,
  type Sink,
  type Stored,
} from '../../ports/store/sessions.js'
import type { TokenClient } from '../../ports/store/sink-credentials.js'
import { isKnownByNumber } from '../../views/networks.js'
import type { Deps } from '../deps.js'
import { type NamedDevice, parseDevice, requireDevice } from '../devices/resolve-device.js'
import { canonicalJson } from './canonical-json.js'
import { fireTimer } from './fire-timer.js'
import { watchSettling } from './settled.js'

/** How often what stood in the way may turn out to be gone before it counts as being in the way. */
const ATTEMPTS = 3

export interface CreateOptions {
  /** The caller's `Idempotency-Key`. */
  readonly idempotencyKey?: string | undefined
  /** Answer REQUESTED at once instead of waiting for the network. */
  readonly respondAsync?: boolean
  /** The request's `x-correlator`, if it had one. */
  readonly correlator?: string | undefined
  /** The device as it was sent, for callers that are shown it so. Default: the identifier that was used alone. */
  readonly deviceAsSent?: Device | undefined
  /** Of which API its events are. Default: quality-on-demand 1.x. */
  readonly eventDialect?: EventDialect | undefined
}

/** Where the events are to go, and what is said of it: the token in plain text. */
interface ParsedSink {
  readonly url: string
  readonly queue: QueueId
  readonly credential?: CreateSession['sinkCredential']
  /** Of an access token. */
  readonly expiresAt?: Instant
}

/** A create whose members are well formed, each by itself. */
interface ParsedCreate {
  readonly side: ServerSide
  readonly named: readonly NamedBy[] | undefined
  readonly profile: CreateSession['qosProfile']
  readonly duration: Seconds
  readonly sink?: ParsedSink
  readonly idempotency?: IdempotencyRecord
  readonly asked: Terms['asked']
}

/** What a create names. */
interface ResolvedCreate {
  readonly device: NamedDevice
  readonly network: Network
  readonly profile: OperatorProfile
  /** The token client of the application, where the sink is to have tokens of it. */
  readonly tokenClient?: TokenClient | undefined
}

/** What is committed. */
interface AdmittedCreate {
  readonly terms: Terms
  readonly duration: Seconds
  readonly creation: Creation
}

/**
 * Asks a network for a session, and waits a moment for its answer.
 *
 * The order of the checks is the contract's: what is malformed, then who is meant, then what is asked for, then whether
 * it stands in somebody's way.
 * @throws {QodError} see operation createSession
 */
export async function createSession(
  deps: Deps,
  body: CreateSession,
  caller: Caller,
  options: CreateOptions = {},
): Promise<Session> {
  const parsed = parse(deps, body, caller, options)
  const { idempotency } = parsed
  const before = idempotency && (await deps.store.sessions.findCreated(idempotency.key))
  if (before !== undefined && idempotency !== undefined) return replay(deps, before, idempotency, options)
  const resolved = await resolve(deps, parsed, caller)
  const admitted = await admit(deps, parsed, resolved, caller, options)
  try {
    return await commit(deps, admitted, options)
  } catch (error) {
    // Found at an address that has become another's: who is meant has to be found out anew.
    if (error instanceof AddressMoved) return createSession(deps, body, caller, options)
    if (!(error instanceof AlreadyCreated) || idempotency === undefined) throw error
    return replay(deps, error, idempotency, options)
  }
}

/** @throws {QodError} what is malformed */
function parse(
  deps: Deps,
  body: CreateSession,
  caller: Caller,
  { idempotencyKey, deviceAsSent }: CreateOptions,
): ParsedCreate {
  const parsed: Mutable<ParsedCreate> = {
    side: parseServerSide(body),
    named: parseDevice(body.device),
    profile: body.qosProfile,
    duration: seconds(body.duration),
    asked: askedFor(body, deviceAsSent),
  }
  const sink = parseSink(deps, body, caller)
  if (sink !== undefined) parsed.sink = sink
  const idempotency = idempotencyRecord(deps, body, caller, idempotencyKey)
  if (idempotency !== undefined) parsed.idempotency = idempotency
  return parsed
}

/** @throws {QodError} there is no such device, profile or token client */
async function resolve(deps: Deps, { named, profile, sink }: ParsedCreate, caller: Caller): Promise<ResolvedCreate> {
  const device = await requireDevice(deps, caller, named)
  const found = await deps.store.profiles.find(profile)
  if (found === undefined) {
    throw new QodError('INVALID_ARGUMENT', `qosProfile: there is no QoS profile named ${profile}`)
  }
  const resolved: Mutable<ResolvedCreate> = { device, network: deps.networks.of(device), profile: found }
  if (sink?.credential?.credentialType === 'PRIVATE_KEY_JWT') {
    resolved.tokenClient = await deps.store.sinkCredentials.tokenClient(caller.application)
  }
  return resolved
}

/** @throws {QodError} it cannot be had: by this device, on this network, for that long, with such a sink */
async function admit(
  deps: Deps,
  { side, duration, sink, idempotency, asked }: ParsedCreate,
  { device, network, profile, tokenClient }: ResolvedCreate,
  caller: Caller,
  { correlator, eventDialect }: CreateOptions,
): Promise<AdmittedCreate> {
  const { clock, networks, policy, directory, newSessionId } = deps
  const granted = grantProfile(profile, duration, policy.durationCeiling)
  checkAvailable(profile, device, networks.locationOf(device))
  if (sink?.credential?.credentialType === 'PRIVATE_KEY_JWT') checkTokenClient(sink.credential, tokenClient)
  checkFlowSize(side, network.capabilities.maxFlowRules)
  const flow = { ...side, device: device.addresses }
  const { phoneNumbers, subscribers } = network.capabilities
  const subscriber = phoneNumbers || subscribers ? subscriberOf(device) : undefined
  if (!isKnownByNumber(network, subscriber)) checkAddressPairs(flow)

  const now = clock.now()
  const terms: Mutable<Terms> = {
    id: newSessionId(now),
    owner: caller.application,
    network: network.id,
    device: device.id,
    flow,
    profile: granted,
    asked: device.shown === undefined ? asked : { ...asked, device: device.shown },
    createdAt: now,
    setUpBy: after(now, policy.setUpTimeout),
  }
  if (subscriber !== undefined) terms.subscriber = subscriber
  if (caller.subject !== undefined) terms.subject = caller.subject
  if (sink?.expiresAt !== undefined) terms.sinkTokenExpiresAt = sink.expiresAt
  const creation: Mutable<Creation> = { conflictRule: policy.conflictRule, quota: await quotaOf(deps, caller) }
  if (directory.binds) creation.bound = true
  if (idempotency !== undefined) creation.idempotency = idempotency
  if (sink !== undefined) creation.sink = sealed(deps, sink, correlator, eventDialect)
  return { terms, duration, creation }
}

/**
 * Commits the session, and waits a moment for the network.
 * @throws {QodError} `CONFLICT`, `QUOTA_EXCEEDED`
 * @throws {AddressMoved} the device is another one now
 * @throws {AlreadyCreated} an equal create came in between
 */
async function commit(
  deps: Deps,
  { terms, duration, creation }: AdmittedCreate,
  { respondAsync }: CreateOptions,
): Promise<Session> {
  const { store, policy } = deps
  const watching = watchSettling(store.sessions, terms.id)
  try {
    const { session } = await commitFirst(deps, terms, duration, creation)
    if (respondAsync) return session
    const settled = await watching.settled(session, policy.createHoldMs)
    // Deleted while we waited: what was created is what we answer.
    return settled === undefined || settled.status === 'RELEASING' ? session : settled
  } finally {
    watching.stop()
  }
}

/** Undefined: nothing is known. */
function subscriberOf({ phoneNumber, supi }: NamedDevice): Subscriber | undefined {
  const subscriber: Mutable<Subscriber> = {}
  if (phoneNumber !== undefined) subscriber.phoneNumber = phoneNumber
  if (supi !== undefined) subscriber.supi = supi
  return phoneNumber === undefined && supi === undefined ? undefined : subscriber
}

/** Commits the first step. Sessions in the way whose time is up are ended first. */
async function commitFirst(deps: Deps, terms: Terms, duration: Seconds, creation: Creation) {
  const first = request(terms, duration)
  for (let attempt = 1; ; attempt++) {
    try {
      await deps.store.sessions.commit({ id: terms.id, basedOn: null, step: first, creation })
      return first
    } catch (error) {
      if (error instanceof FlowTaken) {
        const overdue = overdueOf(error.by, deps.clock.now())
        if (overdue.length < error.by.length || attempt === ATTEMPTS) throw conflict(error, terms)
        for (const stored of overdue) await fireTimer(deps, stored)
      } else if (error instanceof QuotaExhausted) {
        const overdue = overdueOf(error.live, deps.clock.now())
        if (overdue.length === 0 || attempt === ATTEMPTS) throw quotaExceeded(error, creation)
        for (const stored of overdue) await fireTimer(deps, stored)
      } else throw error
    }
  }
}

/** Names the caller's own sessions, which it can delete. A session of another caller is not named. */
function conflict({ by }: FlowTaken, { owner, subject }: Terms): QodError {
  const own = by
    .map(({ session }) => session)
    .filter((each) => each.owner === owner && (subject === undefined || each.subject === subject))
  if (own.length === 0) return new QodError('CONFLICT')
  const ids = own.map(({ id }) => id).join(', ')
  return new QodError('CONFLICT', `Your session ${ids} already covers this flow of the device: delete it first.`)
}

const overdueOf = (sessions: readonly Stored[], now: Instant): Stored[] =>
  sessions.filter(({ session }) => session.status === 'AVAILABLE' && session.expiresAt <= now)

const quotaExceeded = ({ of }: QuotaExhausted, { quota }: Creation): QodError =>
  new QodError('QUOTA_EXCEEDED', `This ${of} already has its maximum of ${quota?.[of]} sessions`)

async function quotaOf({ limits }: Deps, { application }: Caller): Promise<NonNullable<Creation['quota']>> {
  const known = limits.of(application)
  const { sessions, sessionsPerDevice } = known instanceof Promise ? await known : known
  return { application: sessions, device: sessionsPerDevice }
}

/** @throws {QodError} `INVALID_SINK`, `INVALID_ARGUMENT` */
function parseSink(
  { sinks }: Deps,
  { sink: url, sinkCredential: credential }: CreateSession,
  { application }: Caller,
): ParsedSink | undefined {
  if (url === undefined) {
    if (credential === undefined) return undefined
    throw new QodError('INVALID_ARGUMENT', 'sinkCredential requires sink')
  }
  const sink: Mutable<ParsedSink> = { url, queue: queueOf(application, sinks.check(url)) }
  if (credential === undefined) return sink
  sink.credential = credential
  if (credential.credentialType === 'PRIVATE_KEY_JWT') return sink
  const expiresAt = Date.parse(credential.accessTokenExpiresUtc)
  // RFC 3339 knows leap seconds, and JavaScript does not.
  if (Number.isNaN(expiresAt)) {
    throw new QodError(
      'INVALID_ARGUMENT',
      'sinkCredential.accessTokenExpiresUtc must be a moment without a leap second',
    )
  }
  sink.expiresAt = instant(expiresAt)
  return sink
}

/** A sink as it is kept. */
function sealed(
  { secrets }: Deps,
  { url, queue, credential, expiresAt }: ParsedSink,
  correlator: string | undefined,
  eventDialect: EventDialect | undefined,
): Sink {
  const sink: Mutable<Sink> = { url, queue }
  if (correlator !== undefined) sink.correlator = correlator
  if (eventDialect !== undefined) sink.dialect = eventDialect
  if (credential?.credentialType === 'PRIVATE_KEY_JWT') sink.credential = { type: 'PRIVATE_KEY_JWT' }
  else if (credential !== undefined && expiresAt !== undefined) {
    const token = withKey(() => secrets.encrypt(credential.accessToken))
    sink.credential = { type: 'ACCESSTOKEN', token, expiresAt }
  }
  return sink
}

/** A token endpoint is agreed on beforehand: a request may repeat the agreement, and never say anything else. */
function checkTokenClient(
  credential: Partial<Pick<TokenClient, 'clientId' | 'tokenUri'>>,
  agreed: TokenClient | undefined,
): void {
  if (agreed === undefined) throw new QodError('PRIVATE_KEY_JWT_NOT_CONFIGURED')
  for (const member of ['clientId', 'tokenUri'] as const) {
    if (credential[member] === undefined || credential[member] === agreed[member]) continue
    throw new QodError(
      'PRIVATE_KEY_JWT_NOT_CONFIGURED',
      `sinkCredential.${member} differs from the configuration of this application: leave it out`,
    )
  }
}

function idempotencyRecord(
  { secrets }: Deps,
  body: CreateSession,
  { application, subject }: Caller,
  key: string | undefined,
): IdempotencyRecord | undefined {
  if (key === undefined) return undefined
  return withKey(() => ({
    key: secrets.pseudonym('createSession', application, subject ?? '', key),
    body: secrets.pseudonym(canonicalJson(body)),
  }))
}

/** Without its keys the gateway can neither keep a credential nor recognise a repeat. */
function withKey<T>(use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof KeyMissing)) throw error
    throw new QodError('UNAVAILABLE', 'The gateway has no key to encrypt secrets: try again later.', { cause: error })
  }
}

/** The answer to a repeat: the session of the first time, as it is now. */
async function replay(
  { store, clock, policy }: Deps,
  first: { readonly session: SessionId; readonly body: string },
  { body }: IdempotencyRecord,
  { respondAsync }: CreateOptions,
): Promise<Session> {
  if (first.body !== body) throw new QodError('IDEMPOTENCY_KEY_REUSED')
  const watching = watchSettling(store.sessions, first.session)
  try {
    const stored = await store.sessions.find(first.session)
    const current = stored && asOf(stored.session, clock.now())
    const session =
      current?.status === 'REQUESTED' && !respondAsync ? await watching.settled(current, policy.createHoldMs) : current
    if (session === undefined || session.status === 'RELEASING') {
      throw new QodError('NOT_FOUND', 'The session that was created with this Idempotency-Key no longer exists.')
    }
    return session
  } finally {
    watching.stop()
  }
}

/** As it stood in the request; the device is known by the identifier that will be used. */
function askedFor(body: CreateSession, deviceAsSent: Device | undefined): Terms['asked'] {
  const { applicationServer, devicePorts, applicationServerPorts, sink } = body
  const asked: Mutable<Terms['asked']> = { applicationServer }
  if (deviceAsSent !== undefined) asked.deviceAsSent = deviceAsSent
  if (devicePorts !== undefined) asked.devicePorts = devicePorts
  if (applicationServerPorts !== undefined) asked.applicationServerPorts = applicationServerPorts
  if (sink !== undefined) asked.sink = sink
  return asked
}
