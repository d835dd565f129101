// What the gateway keeps. One interface for each kind of thing; a Store is all of them over one database.

import type { ApplicationId, DeviceId, Instant, NetworkId, SessionId, SubjectId } from '@rightofway/camara'
import type { Prefix } from '../domain/address.js'
import type { Compatibility, OAuthClient } from '../domain/application.js'
import type { ConflictRule } from '../domain/conflict.js'
import type { DeviceName, Entitlements, ResolvedDevice } from '../domain/device.js'
import type { OwnLimits } from '../domain/limits.js'
import type { OperatorProfile } from '../domain/offer.js'
import type { PortRange } from '../domain/ports.js'
import type { QueueId } from '../domain/queue.js'
import type { RECORDED } from '../domain/recorded.js'
import type { Session, StatusReport, Step } from '../domain/session.js'
import type { Role, UserId } from '../domain/user.js'

/** Counts the commits of one session, from 1. */
export type Version = number & { readonly version: true }

export interface Stored {
  readonly session: Session
  readonly version: Version
}

/** A secret at rest: it names the key that opens it. */
export type Ciphertext = string & { readonly ciphertext: true }

// --- sessions ---------------------------------------------------------------------------------------------------

/** What is checked and kept when a session is created, in the same commit. */
export interface Creation {
  readonly conflictRule: ConflictRule
  /** Default: as many as anybody likes. */
  readonly quota?: Quota
  /** The addresses of the device are bindings of this store: it must still have all of them. */
  readonly bound?: boolean
  readonly idempotency?: IdempotencyRecord
  readonly sink?: Sink
}

/** The most live sessions (REQUESTED or AVAILABLE), the new one included. */
export interface Quota {
  /** Of its application. */
  readonly application: number
  /** Of its device, whoever asked for them. */
  readonly device: number
}

export interface IdempotencyRecord {
  /** Keyed hash of application, operation and the caller's key. */
  readonly key: string
  /** Keyed hash of the canonical body. */
  readonly body: string
}

/** Where the events of a session go. */
export interface Sink {
  readonly url: string
  /** In which they wait. */
  readonly queue: QueueId
  readonly credential?: StoredCredential
  /** `x-correlator` of the request that made the session. */
  readonly correlator?: string
  /** Of which API its events are. Default: quality-on-demand 1.x. */
  readonly dialect?: EventDialect
}

/** APIs whose events have a type of their own. */
export type EventDialect = 'qod.v0'

/** How the gateway proves itself to a sink (`SinkCredential`). */
export type StoredCredential =
  | {
      readonly type: 'ACCESSTOKEN'
      /** Absent once it is erased: after the last event, or after its expiry. */
      readonly token?: Ciphertext
      /** Real time. */
      readonly expiresAt: Instant
    }
  | { readonly type: 'PRIVATE_KEY_JWT' }

export interface Change {
  readonly id: SessionId
  /** The version that the step was decided on; null for a new session. */
  readonly basedOn: Version | null
  readonly step: Step
  /** The network has done what it was asked by this version and those before: nothing of it is left to do. */
  readonly settles?: Version
  /** For a new session. */
  readonly creation?: Creation
}

/** Someone committed in between: read again and decide again. */
export class StaleVersion extends Error {
  override readonly name = 'StaleVersion'
}

/** Another session stands in the way of the new one. */
export class FlowTaken extends Error {
  override readonly name = 'FlowTaken'
  constructor(readonly by: readonly Stored[]) {
    super('another session covers this flow')
  }
}

/** There are as many live sessions as there may be. */
export class QuotaExhausted extends Error {
  override readonly name = 'QuotaExhausted'
  /** @param live those of the device, where it is the device's quota */
  constructor(
    readonly of: keyof Quota,
    readonly live: readonly Stored[] = [],
  ) {
    super(`the quota of the ${of} is used up`)
  }
}

/** The device of the new session no longer has an address of it. */
export class AddressMoved extends Error {
  override readonly name = 'AddressMoved'
}

/** A session was already created under this Idempotency-Key. */
export class AlreadyCreated extends Error {
  override readonly name = 'AlreadyCreated'
  constructor(
    readonly session: SessionId,
    readonly body: string,
  ) {
    super('a session was created under this Idempotency-Key before')
  }
}

export interface SessionStore {
  /** The session as last committed. */
  find(id: SessionId): Promise<Stored | undefined>
  /**
   * Saves one step, all or nothing, and durably before it resolves: the session, its timer (`deadline`), its network
   * task and its event. A later network task of a session takes the place of an earlier one.
   * @throws {StaleVersion} the session has moved on since `basedOn`; nothing is kept
   * @throws {FlowTaken} `creation` is given and another session stands in the way; nothing is kept
   * @throws {QuotaExhausted} `creation.quota` is given and used up; nothing is kept
   * @throws {AddressMoved} `creation.bound` is true and the device no longer has an address of the flow; nothing is kept
   * @throws {AlreadyCreated} `creation.idempotency` is known; nothing is kept
   */
  commit(change: Change): Promise<Version>
  /** The session created under an Idempotency-Key, if any. */
  findCreated(key: string): Promise<{ session: SessionId; body: string } | undefined>
  /**
   * Sessions of a device made by an application that it can still see: live first, then newest first.
   * @param subject only those made with its consent. Default: all
   */
  ofDevice(device: DeviceId, owner: ApplicationId, limit: number, subject?: SubjectId): Promise<readonly Stored[]>
  /** Sessions of a device that a network should hold, whoever made them. */
  liveOfDevice(device: DeviceId): Promise<readonly Stored[]>
  /** Sessions in the order of their ids, from behind `after`; those that a network should hold, if `live`. */
  list(query: SessionQuery): Promise<readonly Stored[]>
  /** Ids of the sessions that a network should hold, in their order, from behind `after`: a million, page by page. */
  liveIds(network: NetworkId, limit: number, after?: SessionId): Promise<readonly SessionId[]>
  /** Whether the network has still something to be told about this session. */
  hasTask(id: SessionId): Promise<boolean>
  /** Calls `listener` after every commit to this session. Returns the function that stops it. */
  watch(id: SessionId, listener: (stored: Stored | undefined) => void): () => void
}

export interface SessionQuery {
  readonly owner?: ApplicationId
  readonly network?: NetworkId
  readonly live?: boolean
  readonly after?: SessionId
  /** Newest first instead: then `after` is the last, oldest, one seen. */
  readonly newestFirst?: boolean
  readonly limit: number
}

// --- work -------------------------------------------------------------------------------------------------------

/** Something to be told to a network. */
export interface NetworkTask {
  readonly session: Session
  /** Of the commit that wanted it. */
  readonly version: Version
  readonly do: 'reserve' | 'release'
}

/** A hint that there is something to do; without one, look now and then. */
export interface WorkHint {
  /** This session was committed. */
  readonly session?: SessionId
  /** By another gateway, which sees to its timer itself. */
  readonly elsewhere?: true
  /** A session's timer was set to this moment. */
  readonly timer?: Instant
  /** A network has a new task. */
  readonly network?: NetworkId
  /** An event waits in this queue, and the next attempt to deliver it is due at this moment. */
  readonly delivery?: DueQueue
}

/** Timers and network tasks. What is claimed is nobody else's until the lease (real time) has run out. */
export interface WorkStore {
  /**
   * When the next timer is due that lies later than `after`; undefined if there is none. What is due by `after` is to be
   * had from {@link claimTimers}, or is claimed.
   */
  nextTimer(after: Instant): Promise<Instant | undefined>
  /** Sessions whose timer is due, earliest first. A commit ends the claim. */
  claimTimers(now: Instant, limit: number, leaseMs: number): Promise<readonly Stored[]>
  /** Tasks of a network in commit order. They stay until a commit `settles` them or {@link settle} does. */
  claimTasks(network: NetworkId, limit: number, leaseMs: number): Promise<readonly NetworkTask[]>
  /** The task of this session, if it is of this version or an earlier one, is done. */
  settle(id: SessionId, version: Version): Promise<void>
  /** How many tasks wait, for metrics and readiness. */
  countTasks(network: NetworkId): Promise<number>
  /** Calls `listener` after commits that make work. Returns the function that stops it. */
  watchWork(listener: (hint: WorkHint) => void): () => void
}

// --- events -----------------------------------------------------------------------------------------------------

/** What names an event for good. */
export interface EventName {
  readonly session: SessionId
  /** Counts the events of the session, from 1. */
  readonly ordinal: number
}

/** A status change, as it was committed. */
export interface SessionEventRecord extends EventName {
  readonly owner: ApplicationId
  /** Of the three-legged token that asked for the session. */
  readonly subject?: SubjectId
  readonly at: Instant
  readonly report: StatusReport
}

/** A queue with something in it. */
export interface DueQueue {
  readonly queue: QueueId
  /** When the next attempt in it is due. */
  readonly at: Instant
}

/** How many deliveries of a queue its sinks can be burdened with now. */
export interface QueueClaim {
  readonly queue: QueueId
  readonly limit: number
}

export interface ClaimedQueue {
  readonly queue: QueueId
  /** Due, at most one of a session: its earliest event. Earliest due first. */
  readonly deliveries: readonly Delivery[]
  /** When the next one that nobody has claimed is due; absent if none waits. */
  readonly nextAt?: Instant
}

/** The next event of a session on its way to the session's sink. */
export interface Delivery {
  /** Names the claim; only the store that gave it knows what it says. */
  readonly claim: number
  readonly event: SessionEventRecord
  readonly sink: Sink
  /** Attempts made since it was put in line. */
  readonly attempts: number
  /** When the first of them began; absent before it. */
  readonly firstAttemptAt?: Instant
  /** When this one should begin. */
  readonly dueAt: Instant
}

/** One attempt, for the log. */
export interface DeliveryAttempt {
  /** When it began. */
  readonly at: Instant
  /** How long it took, in milliseconds of real time. */
  readonly ms: number
  /** HTTP status of the sink's answer. */
  readonly status?: number
  /** Why there was no answer, or why nothing was sent. */
  readonly reason?: string
}

export type DeliveryOutcome =
  | { readonly result: 'delivered' }
  | { readonly result: 'retry'; readonly at: Instant; readonly reason: string }
  /** Never again, unless an operator says so. */
  | { readonly result: 'dead'; readonly reason: string }
  /** The sink wants nothing more of this session. */
  | { readonly result: 'stopped'; readonly reason: string }

/** `none`: the session has no sink. */
export type DeliveryState = 'none' | 'waiting' | 'delivered' | 'dead' | 'stopped'

/** What became of an event so far. */
export interface DeliveryRecord {
  readonly event: SessionEventRecord
  readonly state: DeliveryState
  /** The latest {@link LOGGED_ATTEMPTS}, oldest first, those before a redelivery too. */
  readonly attempts: readonly DeliveryAttempt[]
  /** Of one that waits, and is the first of its session that does. */
  readonly nextAttemptAt?: Instant
  /** Why it is dead or stopped. */
  readonly reason?: string
}

/** A full schedule, a redelivery of it, and a good part of another. */
export const LOGGED_ATTEMPTS = 100

export interface DeadLetter {
  readonly event: SessionEventRecord
  readonly attempts: number
  readonly reason: string
}

/**
 * What to put back in line: one event, all of a session that were not delivered, or every dead letter but those whose
 * sink wants nothing more.
 */
export type Redelivery = { readonly event: EventName } | { readonly session: SessionId } | 'dead-letters'

export interface EventStore {
  /** Events of a session that come after `ordinal`, in order. They outlive the session by the history's length. */
  ofSession(id: SessionId, after: number): Promise<readonly SessionEventRecord[]>
  /**
   * Events of an application that come after one of its own, in an order in which none is ever added before another that
   * was given; those of a session are in theirs. All that are kept, where `after` is not or is none of its own.
   */
  ofOwner(owner: ApplicationId, after: EventName | undefined, limit: number): Promise<readonly SessionEventRecord[]>
  /** The last of them so far. */
  lastOf(owner: ApplicationId): Promise<EventName | undefined>
  /** What became of the events of a session, in order. */
  deliveriesOf(id: SessionId): Promise<readonly DeliveryRecord[]>
  /** Every queue in which something waits, claimed or not. For a start, and for hints that were missed. */
  queues(): Promise<readonly DueQueue[]>
  /** How many sessions have something waiting in a queue. */
  countWaiting(queue: QueueId): Promise<number>
  /** Deliveries of these queues that are due. What is claimed is nobody else's until the lease (real time) runs out. */
  claimDeliveries(wanted: readonly QueueClaim[], now: Instant, leaseMs: number): Promise<readonly ClaimedQueue[]>
  /**
   * Records an attempt and what came of it; ends the claim. Records nothing if the claim had run out, and another
   * claimer has recorded what came of its own. A credential is erased when all events of its session are told and none
   * is dead.
   */
  settleDelivery(delivery: Delivery, attempt: DeliveryAttempt, outcome: DeliveryOutcome, now: Instant): Promise<void>
  /** Dead letters, oldest first. */
  deadLetters(limit: number): Promise<readonly DeadLetter[]>
  /**
   * Puts events back in line with a schedule of their own, as if they had just happened; one that still waits is
   * attempted now.
   * @returns how many; an event whose sink is no longer known (its session is forgotten, and nothing of it was dead)
   *   is not among them
   */
  redeliver(which: Redelivery, now: Instant): Promise<number>
  /** How many sessions have events that wait, and how many dead letters there are. */
  countDeliveries(): Promise<{ waiting: number; dead: number }>
}

// --- applications -----------------------------------------------------------------------------------------------

export interface Application {
  readonly id: ApplicationId
  readonly name: string
  readonly createdAt: Instant
  /** Since when nothing that says who it is is taken; absent: all is well. */
  readonly suspendedAt?: Instant
  /** Where they differ from those of all. */
  readonly limits?: OwnLimits
}

export interface ApplicationKey {
  /** Public part, by which the key is found. */
  readonly prefix: string
  readonly application: ApplicationId
  /** SHA-256 of the whole key, hexadecimal. */
  readonly hash: string
  readonly name?: string
  /** Absent: all scopes of the APIs served. */
  readonly scopes?: readonly string[]
  readonly compatibility: Compatibility
  /** The key is the secret of an OAuth client, whose id is `prefix`: it gets tokens, and is none itself. */
  readonly client?: OAuthClient
  readonly createdAt: Instant
  readonly expiresAt?: Instant
  readonly revokedAt?: Instant
  /** Real time, to the minute or so. */
  readonly lastUsedAt?: Instant
}

export interface KeyUse {
  readonly prefix: string
  readonly at: Instant
}

export interface ApplicationStore {
  create(application: Application): Promise<void>
  find(id: ApplicationId): Promise<Application | undefined>
  list(): Promise<readonly Application[]>
  /** @returns false if there is no such application */
  rename(id: ApplicationId, name: string): Promise<boolean>
  /**
   * Suspends it, or with undefined takes that back.
   * @returns false if there is no such application
   */
  suspend(id: ApplicationId, at: Instant | undefined): Promise<boolean>
  /**
   * Replaces its own limits; undefined: those of all hold. Recorded.
   * @returns false if there is no such application
   */
  setLimits(id: ApplicationId, limits: OwnLimits | undefined, author: Author): Promise<boolean>
  addKey(key: ApplicationKey): Promise<void>
  findKey(prefix: string): Promise<ApplicationKey | undefined>
  keysOf(id: ApplicationId): Promise<readonly ApplicationKey[]>
  /** @returns false if there is no such key */
  revokeKey(prefix: string, at: Instant): Promise<boolean>
  /**
   * Adds a key in the place of another, which is accepted until `endsAt`, or until its own end if that is earlier.
   * @returns false if there is no such key, or it is revoked or expired by `now`; then nothing is added
   */
  replaceKey(prefix: string, by: ApplicationKey, endsAt: Instant, now: Instant): Promise<boolean>
  /** Notes when keys were last used. Nobody who watches is told: a caller is not judged by it. */
  noteKeyUses(uses: readonly KeyUse[]): Promise<void>
  /** Calls `listener` whenever something a caller was judged by has changed. */
  watch(listener: () => void): () => void
}

// --- grants -----------------------------------------------------------------------------------------------------

/** Something granted for a time: a code, a request that waits for consent, whom a subject stands for. */
export interface GrantRecord {
  readonly id: string
  /** What it says, for the keyring to open. */
  readonly body: Ciphertext
  /** Name of those that end together. */
  readonly group?: string
  /** Real time. Absent: until it is deleted. */
  readonly expiresAt?: Instant
}

export interface GrantStore {
  /** Undefined if there is none, or if it has expired by `realNow`. */
  find(id: string, realNow: Instant): Promise<GrantRecord | undefined>
  /** Adds it, or replaces the one of that id. */
  put(grant: GrantRecord): Promise<void>
  /** Adds it. @returns false if there is one of that id: of several who add it at once, one is told true */
  add(grant: GrantRecord): Promise<boolean>
  /** Deletes it, if it is there. */
  delete(id: string): Promise<void>
  /** Deletes all of a group, and tells who watches, also where there was none. */
  deleteGroup(group: string): Promise<void>
  /** Calls `listener` when a group was deleted. Returns the function that stops it. */
  watch(listener: () => void): () => void
}

// --- proofs -----------------------------------------------------------------------------------------------------

/** What was agreed on with an application for credentials of type PRIVATE_KEY_JWT. */
export interface TokenClient {
  /** Our name at its authorization server. */
  readonly clientId: string
  readonly tokenUri: string
  /** `aud` of our assertions. Default: `tokenUri`. */
  readonly audience?: string
  /** `scope` to ask for. Default: none. */
  readonly scope?: string
}

/** A secret that events of an application are signed with. */
export interface SigningSecret {
  readonly id: string
  readonly application: ApplicationId
  readonly secret: Ciphertext
  readonly createdAt: Instant
}

/** How events prove where they come from, by the application whose sessions they are of. */
export interface ProofStore {
  tokenClient(application: ApplicationId): Promise<TokenClient | undefined>
  /** Replaces what was agreed on; undefined: nothing any more. */
  setTokenClient(application: ApplicationId, client: TokenClient | undefined): Promise<void>
  /** Oldest first. */
  signingSecrets(application: ApplicationId): Promise<readonly SigningSecret[]>
  addSigningSecret(secret: SigningSecret): Promise<void>
  /** @returns false if the application has no such secret */
  deleteSigningSecret(application: ApplicationId, id: string): Promise<boolean>
  /** Calls `listener` whenever something was changed. Returns the function that stops it. */
  watch(listener: () => void): () => void
}

// --- devices ----------------------------------------------------------------------------------------------------

/** An address that a device has, for as long as it has it. */
export interface AddressBinding {
  /** As its network sees it: an IPv4 address or an IPv6 prefix. */
  readonly address: Prefix
  /** As servers see it, where there is NAT in between. */
  readonly publicAddress?: string
  /** Which ports of `publicAddress` are this device's. Absent: all of them. */
  readonly publicPorts?: PortRange
  /** Who said so: `admin`, `import`, a lease, an accounting session ... */
  readonly source: string
  /** Absent: until it is replaced. */
  readonly expiresAt?: Instant
}

export interface DeviceRecord extends Entitlements {
  readonly id: DeviceId
  readonly phoneNumber?: string
  readonly networkAccessIdentifier?: string
  readonly addresses: readonly AddressBinding[]
}

/** Devices that have each of these words, in any letter case. */
export interface DeviceSearch {
  /** In lower case. */
  readonly words: readonly string[]
  /** Whether numbers, names on the network and addresses are looked through; ids always are. */
  readonly personal: boolean
}

export interface DeviceStore {
  /**
   * Adds a device or replaces it. An address that another device had is no longer the other's.
   * @throws {IdentifierTaken} a phone number or network access identifier is another device's
   */
  put(device: DeviceRecord): Promise<void>
  /**
   * As {@link put}, all of them or none.
   * @throws {IdentifierTaken} naming the device, one of them or known before, that stands in the way
   */
  putAll(devices: readonly DeviceRecord[]): Promise<void>
  /**
   * The device has these addresses, says `source`, and no others of those that it has named before. They come before
   * those of other sources. What has expired by `now` is forgotten.
   * @returns the device as it is then; undefined if there is no such device
   */
  bind(
    id: DeviceId,
    source: string,
    addresses: readonly AddressBinding[],
    now: Instant,
  ): Promise<DeviceRecord | undefined>
  /** Forgets addresses that have expired. @returns when the next one will; undefined if none has an end */
  expire(now: Instant): Promise<Instant | undefined>
  /**
   * Devices whose addresses are not what they were, and whose sessions have still to follow. Recorded in the commit that
   * changed them.
   */
  moved(): Promise<readonly MovedDevice[]>
  /** Its sessions have followed. Does nothing if the device has moved again since. */
  settleMoved(moved: MovedDevice): Promise<void>
  find(id: DeviceId): Promise<DeviceRecord | undefined>
  /** Devices in the order of their ids, from behind `after`: all, or those that `search` finds. */
  list(after: DeviceId | undefined, limit: number, search?: DeviceSearch): Promise<readonly DeviceRecord[]>
  /** @returns false if there is no such device */
  delete(id: DeviceId): Promise<boolean>
  resolve(name: DeviceName, now: Instant): Promise<ResolvedDevice | undefined>
  /** Calls `listener` whenever devices or their addresses were changed. Returns the function that stops it. */
  watch(listener: () => void): () => void
}

/** A device whose addresses have changed. */
export interface MovedDevice {
  readonly device: DeviceId
  /** Higher with every time. */
  readonly times: number
}

/** A device is already known by this identifier. */
export class IdentifierTaken extends Error {
  override readonly name = 'IdentifierTaken'
  /** @param wanted the device that cannot have it */
  constructor(
    readonly kind: 'phoneNumber' | 'networkAccessIdentifier',
    readonly wanted: DeviceId,
  ) {
    super(`another device has this ${kind}`)
  }
}

// --- profiles ---------------------------------------------------------------------------------------------------

/** Changes are recorded. */
export interface ProfileStore {
  find(name: string): Promise<OperatorProfile | undefined>
  /** All of them, by name. */
  list(): Promise<readonly OperatorProfile[]>
  put(profile: OperatorProfile, author: Author): Promise<void>
  /** @returns false if there is no such profile */
  delete(name: string, author: Author): Promise<boolean>
}

// --- changes ----------------------------------------------------------------------------------------------------

/** Who changes something, and when. */
export interface Author {
  /** As they call themselves. */
  readonly by: string
  /** Real time. */
  readonly at: Instant
}

/** A change of what was decided about profiles and limits. Recorded in the commit of the change. */
export interface ChangeRecord extends Author {
  /** Counts all changes, from 1. */
  readonly number: number
  readonly of: (typeof RECORDED)[number]
  /** Name of the profile; id of the application. */
  readonly name: string
  /** Absent: there was none. */
  readonly before?: unknown
  /** Absent: there is none any more. */
  readonly after?: unknown
}

export interface ChangeQuery {
  readonly of?: ChangeRecord['of']
  readonly name?: string
  /** Only changes with lower numbers. */
  readonly before?: number
  readonly limit: number
}

export interface ChangeStore {
  /** Newest first. */
  list(query: ChangeQuery): Promise<readonly ChangeRecord[]>
}

// --- people -----------------------------------------------------------------------------------------------------

/** Someone who signs in to look at the gateway, or to run it. Times are real time. */
export interface User {
  readonly id: UserId
  /** By which they sign in; no two users have one that differs only in upper and lower case. */
  readonly name: string
  readonly role: Role
  /** As `auth/passwords.ts` writes it. Absent: they sign in elsewhere. */
  readonly passwordHash?: string
  /** Who they are at an OpenID provider: issuer and `sub`, with a space between. */
  readonly subject?: string
  readonly createdAt: Instant
  readonly lastSignInAt?: Instant
}

/** Lets one person become a user. Times are real time. */
export interface Invitation {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string
  readonly role: Role
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** A browser in which a user has signed in. Times are real time. */
export interface SignIn {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string
  readonly user: UserId
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** Another user has this name, or this subject. */
export class UserTaken extends Error {
  override readonly name = 'UserTaken'
}

export interface UserStore {
  /** @throws {UserTaken} */
  add(user: User): Promise<void>
  find(id: UserId): Promise<User | undefined>
  findByName(name: string): Promise<User | undefined>
  findBySubject(subject: string): Promise<User | undefined>
  /** By name. */
  list(): Promise<readonly User[]>
  /** @returns false if there is no such user */
  update(id: UserId, changes: Partial<Pick<User, 'role' | 'passwordHash' | 'lastSignInAt'>>): Promise<boolean>
  /** Deletes a user, who is then signed in nowhere. @returns false if there is no such user */
  delete(id: UserId): Promise<boolean>
  /** Keeps an invitation, and forgets those that had expired when it was made. */
  invite(invitation: Invitation): Promise<void>
  findInvitation(hash: string): Promise<Invitation | undefined>
  /**
   * Adds the user, and forgets the invitation: it is good once.
   * @returns false if there is no such invitation any more; then nothing is added
   * @throws {UserTaken} the invitation stays good
   */
  accept(hash: string, user: User): Promise<boolean>
  /** Keeps that a user has signed in, and forgets what had expired by then. */
  signIn(signIn: SignIn): Promise<void>
  /** A sign-in, and the user as they are now. Expired ones too, for a while. */
  findSignIn(hash: string): Promise<{ signIn: SignIn; user: User } | undefined>
  signOut(hash: string): Promise<void>
  /** Signs a user out everywhere, but for the browser whose sign-in has this hash. */
  signOutAll(user: UserId, butFor?: string): Promise<void>
}

// --- audit ------------------------------------------------------------------------------------------------------

/** Something that an operator did, or was refused. No personal data, no secret. */
/** `socket`: whoever can open the admin socket. `stranger`: somebody who has not signed in. */
export const ACTOR_KINDS = ['user', 'socket', 'stranger'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

export interface AuditRecord {
  /** Counts the records, upwards. */
  readonly id: number
  /** Real time. */
  readonly at: Instant
  /** Name of a user, or `admin socket`. Names can be chosen: who it was is in `actorKind` and `actorId`. */
  readonly actor: string
  /** Absent: it was written down before kinds were. */
  readonly actorKind?: ActorKind
  /** Of a user. */
  readonly actorId?: UserId
  /** Name of the operation (`operationId` of the admin API). */
  readonly action: string
  /** What it was done to: ids, as they stood in the path. */
  readonly target?: string
  /** Code of the error it was refused with. Absent: it was done. */
  readonly refused?: string
}

export interface AuditStore {
  append(record: Omit<AuditRecord, 'id'>): Promise<void>
  /** Newest first, from behind the record with the id `before`. */
  list(before: number | undefined, limit: number): Promise<readonly AuditRecord[]>
  /** Forgets what was done by then (real time), in small commits: others come in between. */
  forget(until: Instant): Promise<void>
}

// --- settings ---------------------------------------------------------------------------------------------------

/** Small facts that must outlive a restart, by name. */
export interface SettingStore {
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
  /** Sets it, unless it is set: of several that try at once, one does. @returns whether it was this one */
  add(name: string, value: string): Promise<boolean>
}

// --- gateways ---------------------------------------------------------------------------------------------------

/** The wish to drive a network. Of all gateways that have it one does, for as long as it keeps saying so. */
export interface Candidacy {
  /**
   * Whether this gateway drives the network now, by its own monotonic clock: false as soon as another may believe that
   * it does. Asked before everything that is told to the network.
   */
  readonly drives: boolean
  /** Lets another one drive it. */
  withdraw(): Promise<void>
}

export interface GatewaysReport {
  /** Those that are alive, by name. */
  readonly gateways: readonly {
    readonly name: string
    readonly version: string
    /** Networks that it can drive. */
    readonly reaches: readonly NetworkId[]
  }[]
  /** The name of the gateway that drives a network; a network that nobody drives is missing. */
  readonly drivers: ReadonlyMap<NetworkId, string>
  /** How far the clock of this machine is ahead of the store's, in milliseconds. */
  readonly clockOffsetMs: number
}

/** The gateways that share the store. */
export interface GatewayStore {
  /** @param onChange told whenever this gateway begins or ceases to drive the network */
  drive(network: NetworkId, onChange: (drives: boolean) => void): Candidacy
  /** How many of them are alive as far as this one has heard, itself included. */
  readonly alive: number
  report(): Promise<GatewaysReport>
}

export interface Store {
  readonly gateways: GatewayStore
  readonly sessions: SessionStore
  readonly work: WorkStore
  readonly events: EventStore
  readonly applications: ApplicationStore
  readonly grants: GrantStore
  readonly proofs: ProofStore
  readonly devices: DeviceStore
  readonly profiles: ProfileStore
  readonly users: UserStore
  readonly audit: AuditStore
  readonly changes: ChangeStore
  readonly settings: SettingStore
  /**
   * Forgets what nobody needs any longer: idempotency records after 24 h (and not before their session), grants that
   * have expired, who had an address when no session can still be about it, and events after `historyMs`, but for those
   * that still wait for their delivery. In small commits: others come in between.
   */
  tidy(now: Instant, realNow: Instant, historyMs: number): Promise<void>
  /**
   * Replaces every secret at rest that does not begin with `unless`, in small commits.
   * @param rewrite must return one that does; what it throws ends the work
   * @returns how many
   */
  rewriteSecrets(unless: string, rewrite: (old: Ciphertext) => Ciphertext): Promise<number>
  /** Rejects with {@link StoreUnavailable} if it cannot be written. */
  ping(): Promise<void>
  close(): Promise<void>
}
