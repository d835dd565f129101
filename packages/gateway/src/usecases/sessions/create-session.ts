import {
  after,
  type CreateSession,
  type Device,
  type DeviceResponse,
  type Instant,
  instant,
  type Mutable,
  QodError,
  type SessionId,
  seconds,
} from '@rightofway/camara'
import { KeyMissing } from '../../auth/secrets/keyring.js'
import { checkAvailable } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import { checkAddressPairs, checkFlowSize, parseServerSide } from '../../domain/flow.js'
import { type GrantedProfile, grantProfile } from '../../domain/profile.js'
import { type QueueId, queueOf } from '../../domain/queue.js'
import { asOf, request, type Session, type Terms } from '../../domain/session.js'
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
  const { store, clock, networks, policy } = deps
  const side = parseServerSide(body)
  const named = parseDevice(body.device)
  checkFlowSize(side, networks.maxFlowRules)
  const queue = checkSink(deps, body, caller)

  const idempotency = idempotencyRecord(deps, body, caller, options.idempotencyKey)
  const before = idempotency && (await store.sessions.findCreated(idempotency.key))
  if (before !== undefined) return replay(deps, before, idempotency as IdempotencyRecord, options)

  const device = await requireDevice(deps, caller, named)
  const profile = await findProfile(deps, body, device)
  await checkTokenClient(deps, body.sinkCredential, caller)
  const network = networks.of(device.addresses)
  checkFlowSize(side, network.capabilities.maxFlowRules)
  const flow = { ...side, device: device.addresses }
  checkAddressPairs(flow)
  const sink = sinkOf(deps, body, queue, options)

  const now = clock.now()
  const terms: Mutable<Terms> = {
    id: deps.newSessionId(now),
    owner: caller.application,
    network: network.id,
    device: device.id,
    flow,
    profile,
    asked: asked(body, device.shown, options.deviceAsSent),
    createdAt: now,
    setUpBy: after(now, policy.setUpTimeout),
  }
  if (caller.subject !== undefined) terms.subject = caller.subject
  if (sink?.credential?.type === 'ACCESSTOKEN') terms.sinkTokenExpiresAt = sink.credential.expiresAt
  const creation: Mutable<Creation> = { conflictRule: policy.conflictRule, quota: await quotaOf(deps, caller) }
  if (deps.directory.binds) creation.bound = true
  if (idempotency !== undefined) creation.idempotency = idempotency
  if (sink !== undefined) creation.sink = sink
  const watching = watchSettling(store.sessions, terms.id)
  try {
    const { session } = await open(deps, terms, seconds(body.duration), creation)
    if (options.respondAsync) return session
    const settled = await watching.settled(session, policy.createHoldMs)
    // Deleted while we waited: what was created is what we answer.
    return settled === undefined || settled.status === 'RELEASING' ? session : settled
  } catch (error) {
    // Found at an address that has become another's: who is meant has to be found out anew.
    if (error instanceof AddressMoved) return createSession(deps, body, caller, options)
    if (!(error instanceof AlreadyCreated) || idempotency === undefined) throw error
    return replay(deps, error, idempotency, options)
  } finally {
    watching.stop()
  }
}

/** Commits the first step. Sessions in the way whose time is up are ended first. */
async function open(deps: Deps, terms: Terms, duration: Session['duration'], creation: Creation) {
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

async function findProfile(
  { store, networks, policy }: Deps,
  body: CreateSession,
  device: NamedDevice,
): Promise<GrantedProfile> {
  const profile = await store.profiles.find(body.qosProfile)
  if (profile === undefined) {
    throw new QodError('INVALID_ARGUMENT', `qosProfile: there is no QoS profile named ${body.qosProfile}`)
  }
  const granted = grantProfile(profile, seconds(body.duration), policy.durationCeiling)
  checkAvailable(profile, device, networks.locationOf(device.addresses))
  return granted
}

/** The queue that the events of the session will wait in, if they are wanted. */
function checkSink(
  { sinks }: Deps,
  { sink, sinkCredential }: CreateSession,
  { application }: Caller,
): QueueId | undefined {
  if (sink !== undefined) return queueOf(application, sinks.check(sink))
  if (sinkCredential === undefined) return undefined
  throw new QodError('INVALID_ARGUMENT', 'sinkCredential requires sink')
}

/** Where the events of the session will go, with what proves who sends them. */
function sinkOf(
  { secrets }: Deps,
  { sink, sinkCredential }: CreateSession,
  queue: QueueId | undefined,
  { correlator, eventDialect }: CreateOptions,
): Creation['sink'] {
  if (sink === undefined || queue === undefined) return undefined
  const made: Mutable<Sink> = { url: sink, queue }
  if (correlator !== undefined) made.correlator = correlator
  if (eventDialect !== undefined) made.dialect = eventDialect
  if (sinkCredential === undefined) return made
  if (sinkCredential.credentialType === 'PRIVATE_KEY_JWT') {
    made.credential = { type: 'PRIVATE_KEY_JWT' }
    return made
  }
  const expiresAt = Date.parse(sinkCredential.accessTokenExpiresUtc)
  // RFC 3339 knows leap seconds, and JavaScript does not.
  if (Number.isNaN(expiresAt)) {
    throw new QodError(
      'INVALID_ARGUMENT',
      'sinkCredential.accessTokenExpiresUtc must be a moment without a leap second',
    )
  }
  const token = withKey(() => secrets.encrypt(sinkCredential.accessToken))
  made.credential = { type: 'ACCESSTOKEN', token, expiresAt: instant(expiresAt) }
  return made
}

/** A token endpoint is agreed on beforehand: a request may repeat the agreement, and never say anything else. */
async function checkTokenClient(
  { store }: Deps,
  credential: CreateSession['sinkCredential'],
  { application }: Caller,
): Promise<void> {
  if (credential?.credentialType !== 'PRIVATE_KEY_JWT') return
  const agreed = await store.sinkCredentials.tokenClient(application)
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

function asked(
  body: CreateSession,
  device: DeviceResponse | undefined,
  deviceAsSent: Device | undefined,
): Terms['asked'] {
  const { applicationServer, devicePorts, applicationServerPorts, sink } = body
  const asked: Mutable<Terms['asked']> = { applicationServer }
  if (device !== undefined) asked.device = device
  if (deviceAsSent !== undefined) asked.deviceAsSent = deviceAsSent
  if (devicePorts !== undefined) asked.devicePorts = devicePorts
  if (applicationServerPorts !== undefined) asked.applicationServerPorts = applicationServerPorts
  if (sink !== undefined) asked.sink = sink
  return asked
}
