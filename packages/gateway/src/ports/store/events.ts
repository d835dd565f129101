// Events of sessions and assignments, and the state of their delivery.

import type { ApplicationId, Instant, ResourceId, SubjectId } from '@rightofway/camara'
import type { QueueId } from '../../domain/queue.js'
import type { StatusReport } from '../../domain/terms.js'
import type { Sink } from './sessions.js'

/** The permanent name of an event. */
export interface EventPosition {
  readonly session: ResourceId
  /** Counts the events of the session, from 1. */
  readonly ordinal: number
}

/** A status change, as it was committed. */
export interface SessionEventRecord extends EventPosition {
  readonly owner: ApplicationId
  /** Of the three-legged token that asked for the session. */
  readonly subject?: SubjectId
  readonly at: Instant
  readonly report: StatusReport
}

/** A queue that is not empty. */
export interface DueQueue {
  readonly queue: QueueId
  /** When the next attempt in it is due. */
  readonly at: Instant
}

/** How many deliveries of a queue may be started now. */
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
  /** Identifies the claim; opaque to everything but the store that issued it. */
  readonly claim: number
  readonly event: SessionEventRecord
  readonly sink: Sink
  /** Attempts since it was queued. */
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
  /** The sink has answered 410: no more events of this session are sent. */
  | { readonly result: 'stopped'; readonly reason: string }

/** `none`: the session has no sink. */
export type DeliveryState = 'none' | 'waiting' | 'delivered' | 'dead' | 'stopped'

/** The state of an event's delivery. */
export interface DeliveryRecord {
  readonly event: SessionEventRecord
  readonly state: DeliveryState
  /** The latest {@link LOGGED_ATTEMPTS}, oldest first, those before a redelivery too. */
  readonly attempts: readonly DeliveryAttempt[]
  /** When the next attempt is due. Only for the first waiting event of its session. */
  readonly nextAttemptAt?: Instant
  /** Why it is dead or stopped. */
  readonly reason?: string
}

/** A session tells that it has begun, and that it has ended. */
export const EVENTS_OF_SESSION = 2

/** A full schedule, a redelivery of it, and a good part of another. */
export const LOGGED_ATTEMPTS = 100

export interface DeadLetter {
  readonly event: SessionEventRecord
  readonly attempts: number
  readonly reason: string
}

/**
 * What to queue again: one event, all undelivered ones of a session, or every dead letter except those whose
 * sink has answered 410.
 */
export type Redelivery = { readonly event: EventPosition } | { readonly session: ResourceId } | 'dead-letters'

export interface EventStore {
  /** Events of a session that come after `ordinal`, in order. They outlive the session by the history's length. */
  ofSession(id: ResourceId, after: number): Promise<readonly SessionEventRecord[]>
  /**
   * Events of an application that come after one of its own, in an order in which none is ever added before another that
   * was given; those of a session are in theirs. All that are kept, where `after` is not or is none of its own.
   */
  ofOwner(owner: ApplicationId, after: EventPosition | undefined, limit: number): Promise<readonly SessionEventRecord[]>
  /** The last of them so far. */
  lastOf(owner: ApplicationId): Promise<EventPosition | undefined>
  /** The state of delivery of a session's events, in order. */
  deliveriesOf(id: ResourceId): Promise<readonly DeliveryRecord[]>
  /**
   * Queues in which a delivery waits, claimed or not: for the start, and for missed hints. In the order of ids, those
   * after `after`.
   */
  queues(after: QueueId | undefined, limit: number): Promise<readonly DueQueue[]>
  /** How many sessions have something waiting in a queue. */
  countWaiting(queue: QueueId): Promise<number>
  /** Claims due deliveries of these queues. Nobody else gets them until the lease (real time) has expired. */
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
   * Queues events again with a new schedule, as if they had just happened; one that still waits is
   * attempted now.
   * @returns how many; an event whose sink is no longer known (its session is forgotten, and nothing of it was dead)
   *   is not among them
   */
  redeliver(which: Redelivery, now: Instant): Promise<number>
  /** How many sessions have events that wait, and how many dead letters there are. */
  countDeliveries(): Promise<{ waiting: number; dead: number }>
}
