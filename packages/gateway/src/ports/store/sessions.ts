// Sessions and assignments as they were last committed, and the one way to change them. An assignment is kept as a
// session is: where nothing else is said, what is said of sessions here is true of assignments too.

import type {
  ApplicationId,
  AssignmentId,
  DeviceId,
  Instant,
  NetworkId,
  ResourceId,
  SessionId,
  SubjectId,
} from '@rightofway/camara'
import type { Assignment } from '../../domain/assignment.js'
import type { ConflictRule } from '../../domain/conflict.js'
import type { QueueId } from '../../domain/queue.js'
import type { Resource, ResourceOf } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import type { StepOf } from '../../domain/terms.js'
import type { Ciphertext } from './secrets.js'

/** What is checked and kept when a session is created, in the same commit. */
export interface Creation {
  readonly conflictRule: ConflictRule
  /** Default: unlimited. */
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
  /** The delivery queue of the sink. */
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

export interface SessionCommit {
  readonly id: ResourceId
  /** The version that the step was decided on; null for a new session. */
  readonly basedOn: Version | null
  readonly step: StepOf<Resource>
  /** The network has carried out the tasks up to this version: none of them is left. */
  readonly settles?: Version
  /** For a new session. */
  readonly creation?: Creation
}

/** Someone committed in between: read again and decide again. */
export class StaleVersion extends Error {
  override readonly name = 'StaleVersion'
}

/** Another session stands in the way of the new one, or another assignment. */
export class FlowTaken extends Error {
  override readonly name = 'FlowTaken'
  constructor(readonly by: readonly Stored<Resource>[]) {
    super('another session covers this flow, or the device has an assignment')
  }
}

/** There are as many live sessions as there may be. */
export class QuotaExhausted extends Error {
  override readonly name = 'QuotaExhausted'
  /** @param live those of the device, where it is the device's quota */
  constructor(
    readonly of: keyof Quota,
    readonly live: readonly Stored<Resource>[] = [],
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
    readonly session: ResourceId,
    readonly body: string,
  ) {
    super('a session was already created under this Idempotency-Key')
  }
}

export interface SessionStore {
  /** The session as last committed. */
  find<I extends ResourceId>(id: I): Promise<Stored<ResourceOf<I>> | undefined>
  /**
   * Saves one step, all or nothing, and durably before it resolves: the session, its timer (`deadlineOf`), its network
   * task and its event. A later network task of a session takes the place of an earlier one.
   * @throws {StaleVersion} the session has moved on since `basedOn`; nothing is kept
   * @throws {FlowTaken} `creation` is given and another session stands in the way; nothing is kept
   * @throws {QuotaExhausted} `creation.quota` is given and used up: of the device, if both are, with its live sessions, of
   *   which some may be overdue; nothing is kept
   * @throws {AddressMoved} `creation.bound` is true and the device no longer has an address of the flow; nothing is kept
   * @throws {AlreadyCreated} `creation.idempotency` is known; nothing is kept
   */
  commit(change: SessionCommit): Promise<Version>
  /** What was created under an Idempotency-Key, if anything. */
  findCreated(key: string): Promise<{ session: ResourceId; body: string } | undefined>
  /**
   * Sessions of a device made by an application that it can still see, without assignments: live first, then newest
   * first.
   * @param subject only those made with its consent. Default: all
   */
  ofDevice(
    device: DeviceId,
    owner: ApplicationId,
    limit: number,
    subject?: SubjectId,
  ): Promise<readonly Stored<Session>[]>
  /** Assignments of a device, whoever made them: one, and those that are being forgotten. Newest first. */
  assignmentsOf(device: DeviceId): Promise<readonly Stored<Assignment>[]>
  /** Sessions and assignments of these devices that a network should hold, whoever made them. */
  liveOfDevices(devices: readonly DeviceId[]): Promise<readonly Stored<Resource>[]>
  /** Sessions, without assignments, in the order of their ids, from behind `after`; those that a network should hold, if `live`. */
  list(query: SessionQuery): Promise<readonly Stored<Session>[]>
  /** Assignments, in the same way. */
  listAssignments(query: SessionQuery<AssignmentId>): Promise<readonly Stored<Assignment>[]>
  /**
   * Ids of the sessions and assignments that a network should hold, in their order, those after `after`: a million,
   * page by page.
   */
  liveIds(network: NetworkId, limit: number, after?: ResourceId): Promise<readonly ResourceId[]>
  /** Whether a task for the network is left for this session. */
  hasTask(id: ResourceId): Promise<boolean>
  /** Calls `listener` after every commit to this session. Returns the function that stops it. */
  watch<I extends ResourceId>(id: I, listener: (stored: Stored<ResourceOf<I>> | undefined) => void): () => void
}

export interface SessionQuery<I extends ResourceId = SessionId> {
  readonly owner?: ApplicationId
  readonly network?: NetworkId
  readonly live?: boolean
  readonly after?: I
  /** Newest first instead: then `after` is the last, oldest, one seen. */
  readonly newestFirst?: boolean
  readonly limit: number
}

/** Counts the commits of one session, from 1. */
export type Version = number & { readonly version: true }

export interface Stored<R extends Resource = Session> {
  readonly session: R
  readonly version: Version
}
