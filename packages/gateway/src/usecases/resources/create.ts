// What sessions and assignments have in common when one is asked for. What sets them apart is their Kind.

import {
  after,
  type CreateAssignment,
  type CreateSession,
  type Device,
  type ErrorCode,
  type Instant,
  instant,
  type Mutable,
  QodError,
  type ResourceId,
} from '@rightofway/camara'
import { KeyMissing } from '../../auth/secrets/keyring.js'
import { checkAvailable, type OperatorProfile } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import type { NamedBy, Service, Subscriber } from '../../domain/device.js'
import { type QueueId, queueOf } from '../../domain/queue.js'
import { deadlineOf, type Resource, seenAt } from '../../domain/resource.js'
import { kindOf } from '../../domain/resource-id.js'
import type { Asked, CommonTerms, StepOf } from '../../domain/terms.js'
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
  /** Of which API its events are. Default: that of its kind, in its newest version. */
  readonly eventDialect?: EventDialect | undefined
}

/** The members that every create has. */
export type CreateBody = CreateSession | CreateAssignment

/** Where the events are to go, and what is said of it: the token in plain text. */
interface ParsedSink {
  readonly url: string
  readonly queue: QueueId
  readonly credential?: CreateBody['sinkCredential']
  /** Of an access token. */
  readonly expiresAt?: Instant
}

/** A create whose members are well formed, each by itself. */
export interface ParsedCreate<P> {
  /** What its kind makes of the members of its own. */
  readonly own: P
  readonly named: readonly NamedBy[] | undefined
  readonly profile: CreateBody['qosProfile']
  readonly sink?: ParsedSink
  readonly idempotency?: IdempotencyRecord
}

/** What a create names. */
export interface ResolvedCreate {
  readonly device: NamedDevice
  readonly network: Network
  readonly profile: OperatorProfile
  /** The token client of the application, where the sink is to have tokens of it. */
  readonly tokenClient?: TokenClient | undefined
}

/** The first step of something new. */
type FirstStep<R> = StepOf<R> & { readonly session: R }

/** What sets sessions and assignments apart. */
export interface Kind<B extends CreateBody, P, R extends Resource> {
  readonly operation: 'createSession' | 'createQosAssignment'
  /** What has to be sold for the device. */
  readonly service: Service
  /**
   * What the members that only it has say.
   * @throws {QodError} what is malformed
   */
  parse(body: B, options: CreateOptions): P
  /**
   * Its first step.
   * @throws {QodError} it cannot be had: by this device, on this network, with such a profile
   */
  admit(deps: Deps, parsed: ParsedCreate<P>, resolved: ResolvedCreate, caller: Caller): FirstStep<R>
  /** What is said of what is in the way: by the ids of those that are the caller's own; of others nothing is named. */
  conflict(own: string | undefined): string
}

/**
 * Asks a network for a session or an assignment, and waits a moment for its answer.
 *
 * The order of the checks is the contract's: what is malformed, then who is meant, then what is asked for, then whether
 * it stands in somebody's way.
 * @throws {QodError} see operations createSession and createQosAssignment
 */
export async function create<B extends CreateBody, P, R extends Resource>(
  deps: Deps,
  kind: Kind<B, P, R>,
  body: B,
  caller: Caller,
  options: CreateOptions,
): Promise<R> {
  const parsed = parse(deps, kind, body, caller, options)
  const { idempotency } = parsed
  const before = idempotency && (await deps.store.sessions.findCreated(idempotency.key))
  if (before !== undefined && idempotency !== undefined) return replay<R>(deps, before, idempotency, options)
  const resolved = await resolve(deps, kind, parsed, caller)
  const first = kind.admit(deps, parsed, resolved, caller)
  const creation = await creationOf(deps, parsed, caller, options)
  try {
    return await commit(deps, kind, first, creation, options)
  } catch (error) {
    // Found at an address that has become another's: who is meant has to be found out anew.
    if (error instanceof AddressMoved) return create(deps, kind, body, caller, options)
    if (!(error instanceof AlreadyCreated) || idempotency === undefined) throw error
    return replay<R>(deps, error, idempotency, options)
  }
}

/** @throws {QodError} what is malformed */
function parse<B extends CreateBody, P, R extends Resource>(
  deps: Deps,
  kind: Kind<B, P, R>,
  body: B,
  caller: Caller,
  options: CreateOptions,
): ParsedCreate<P> {
  const parsed: Mutable<ParsedCreate<P>> = {
    own: kind.parse(body, options),
    named: parseDevice(body.device),
    profile: body.qosProfile,
  }
  const sink = parseSink(deps, body, caller)
  if (sink !== undefined) parsed.sink = sink
  const idempotency = idempotencyRecord(deps, kind.operation, body, caller, options.idempotencyKey)
  if (idempotency !== undefined) parsed.idempotency = idempotency
  return parsed
}

/** @throws {QodError} there is no such device, profile or token client */
async function resolve(
  deps: Deps,
  { service }: Pick<Kind<never, never, never>, 'service'>,
  { named, profile, sink }: ParsedCreate<unknown>,
  caller: Caller,
): Promise<ResolvedCreate> {
  const device = await requireDevice(deps, caller, named, service)
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

/**
 * What every admission checks once it is known that the profile can be granted.
 * @param notApplicable the code of a profile that is not available to this device
 * @throws {QodError} `notApplicable`, `PRIVATE_KEY_JWT_NOT_CONFIGURED`
 */
export function checkAdmissible(
  { networks }: Deps,
  { sink }: ParsedCreate<unknown>,
  { device, profile, tokenClient }: ResolvedCreate,
  notApplicable: ErrorCode,
): void {
  checkAvailable(profile, device, networks.locationOf(device), notApplicable)
  if (sink?.credential?.credentialType === 'PRIVATE_KEY_JWT') checkTokenClient(sink.credential, tokenClient)
}

/** The terms that do not depend on what kind it is. */
export function commonTerms<I extends ResourceId, P extends CommonTerms['profile'], A extends Asked>(
  { clock, policy }: Deps,
  { sink }: ParsedCreate<unknown>,
  { device, network }: ResolvedCreate,
  caller: Caller,
  { newId, profile, asked }: { readonly newId: (now: Instant) => I; readonly profile: P; readonly asked: A },
): CommonTerms & { readonly id: I; readonly profile: P; readonly asked: A } {
  const now = clock.now()
  const terms: Mutable<ReturnType<typeof commonTerms<I, P, A>>> = {
    id: newId(now),
    owner: caller.application,
    network: network.id,
    device: device.id,
    profile,
    asked: device.shown === undefined ? asked : { ...asked, device: device.shown },
    createdAt: now,
    setUpBy: after(now, policy.setUpTimeout),
  }
  const subscriber = subscriberOf(network, device)
  if (subscriber !== undefined) terms.subscriber = subscriber
  if (caller.subject !== undefined) terms.subject = caller.subject
  if (sink?.expiresAt !== undefined) terms.sinkTokenExpiresAt = sink.expiresAt
  return terms
}

/** Whose device it is, for a network that asks for that. Undefined: it does not, or nothing is known. */
function subscriberOf({ capabilities }: Network, { phoneNumber, supi }: NamedDevice): Subscriber | undefined {
  const { phoneNumbers, subscribers } = capabilities
  if (!(phoneNumbers || subscribers)) return undefined
  const subscriber: Mutable<Subscriber> = {}
  if (phoneNumber !== undefined) subscriber.phoneNumber = phoneNumber
  if (supi !== undefined) subscriber.supi = supi
  return phoneNumber === undefined && supi === undefined ? undefined : subscriber
}

async function creationOf(
  deps: Deps,
  { sink, idempotency }: ParsedCreate<unknown>,
  caller: Caller,
  { correlator, eventDialect }: CreateOptions,
): Promise<Creation> {
  const { policy, directory } = deps
  const creation: Mutable<Creation> = { conflictRule: policy.conflictRule, quota: await quotaOf(deps, caller) }
  if (directory.binds) creation.bound = true
  if (idempotency !== undefined) creation.idempotency = idempotency
  if (sink !== undefined) creation.sink = sealed(deps, sink, correlator, eventDialect)
  return creation
}

/**
 * Commits the first step, and waits a moment for the network.
 * @throws {QodError} `CONFLICT`, `QUOTA_EXCEEDED`
 * @throws {AddressMoved} the device is another one now
 * @throws {AlreadyCreated} an equal create came in between
 */
async function commit<R extends Resource>(
  deps: Deps,
  kind: Pick<Kind<never, never, R>, 'conflict'>,
  first: FirstStep<R>,
  creation: Creation,
  { respondAsync }: CreateOptions,
): Promise<R> {
  const { store, policy } = deps
  const { session } = first
  const watching = watchSettling<R>(store.sessions, session.id)
  try {
    await commitFirst(deps, kind, first, creation)
    if (respondAsync) return session
    const settled = await watching.settled(session, policy.createHoldMs)
    // Deleted while we waited: what was created is what we answer.
    return settled === undefined || settled.status === 'RELEASING' ? session : settled
  } finally {
    watching.stop()
  }
}

/** Commits the first step. What is in the way and has had its time is ended first. */
async function commitFirst<R extends Resource>(
  deps: Deps,
  kind: Pick<Kind<never, never, R>, 'conflict'>,
  first: FirstStep<R>,
  creation: Creation,
): Promise<void> {
  const { session } = first
  for (let attempt = 1; ; attempt++) {
    try {
      await deps.store.sessions.commit({ id: session.id, basedOn: null, step: first, creation })
      return
    } catch (error) {
      if (error instanceof FlowTaken) {
        const overdue = overdueOf(error.by, deps.clock.now())
        if (overdue.length < error.by.length || attempt === ATTEMPTS) throw conflict(error, kind, session)
        for (const stored of overdue) await fireTimer(deps, stored)
      } else if (error instanceof QuotaExhausted) {
        const overdue = overdueOf(error.live, deps.clock.now())
        if (overdue.length === 0 || attempt === ATTEMPTS) throw quotaExceeded(error, creation)
        for (const stored of overdue) await fireTimer(deps, stored)
      } else throw error
    }
  }
}

/** Names what is the caller's own, which it can delete. What is another caller's is not named. */
function conflict(
  { by }: FlowTaken,
  kind: Pick<Kind<never, never, never>, 'conflict'>,
  { owner, subject }: Resource,
): QodError {
  const own = by
    .map(({ session }) => session)
    .filter((each) => each.owner === owner && (subject === undefined || each.subject === subject))
  return new QodError('CONFLICT', kind.conflict(own.length === 0 ? undefined : own.map(({ id }) => id).join(', ')))
}

/** Those that have ended, or are kept no longer, and whose timer is a moment late. */
const overdueOf = (sessions: readonly Stored<Resource>[], now: Instant): Stored<Resource>[] =>
  sessions.filter(({ session }) => session.status !== 'REQUESTED' && (deadlineOf(session) ?? Infinity) <= now)

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
  { sink: url, sinkCredential: credential }: CreateBody,
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
  operation: string,
  body: CreateBody,
  { application, subject }: Caller,
  key: string | undefined,
): IdempotencyRecord | undefined {
  if (key === undefined) return undefined
  return withKey(() => ({
    key: secrets.pseudonym(operation, application, subject ?? '', key),
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

/** The answer to a repeat: what was created the first time, as it is now. */
async function replay<R extends Resource>(
  { store, clock, policy }: Deps,
  first: { readonly session: ResourceId; readonly body: string },
  { body }: IdempotencyRecord,
  { respondAsync }: CreateOptions,
): Promise<R> {
  if (first.body !== body) throw new QodError('IDEMPOTENCY_KEY_REUSED')
  const watching = watchSettling<R>(store.sessions, first.session)
  try {
    const stored = await store.sessions.find(first.session)
    // The key of an operation names what that operation has made.
    const current = stored && (seenAt(stored.session, clock.now()) as R | undefined)
    const session =
      current?.status === 'REQUESTED' && !respondAsync ? await watching.settled(current, policy.createHoldMs) : current
    if (session === undefined || session.status === 'RELEASING') {
      throw new QodError(
        'NOT_FOUND',
        `The ${kindOf(first.session)} that was created with this Idempotency-Key no longer exists.`,
      )
    }
    return session
  } finally {
    watching.stop()
  }
}
