// Requests to networks behind an API, and their answers. Such a network does not keep them for us: gateways that
// share a store find here what the previous leader has requested.

import type { Instant, NetworkId, ReservationId } from '@rightofway/camara'
import type { Reservation } from '../network.js'

/**
 * asking: requested; not answered yet, or the answer was lost. pending: the network is deciding. held: granted.
 * ending: being released, for the reason in `endsAs`. The others hold nothing, and only keep the version.
 */
export type RemoteState = 'asking' | 'pending' | 'held' | 'ending' | EndState
export type EndState = 'released' | 'expired' | 'refused' | 'lost'

export interface RemoteReservation {
  readonly network: NetworkId
  readonly id: ReservationId
  /** Of the last request that was accepted. */
  readonly version: number
  readonly state: RemoteState
  readonly endsAs?: EndState
  /** Counts the requests to hold it, from 1; 0: there was none. */
  readonly attempt: number
  /** The request of this attempt, with the end that is wanted now. */
  readonly asked?: Reservation
  /** Its id at the network. Absent: unknown, or there is none. */
  readonly remoteId?: string
  readonly grantedAt?: Instant
  /** When we release it. */
  readonly until?: Instant
  /** When the network releases it by itself, according to its last answer. */
  readonly remoteUntil?: Instant
  /** If it is pending in several parts: the parts that are granted. */
  readonly grantedParts?: readonly string[]
  /** If several networks hold it together: optional parts that do not hold it, with the reason. */
  readonly without?: Readonly<Record<string, string>>
  /** Whether a request to move its end is unanswered. */
  readonly moving?: boolean
  /** Whether the request of this attempt was never sent: then there is nothing to look for. */
  readonly unsent?: boolean
  /** Why it was refused or lost, in the network's words. */
  readonly reason?: string
  /** Consecutive answers to this request that leave open whether the network did anything. */
  readonly doubts?: number
  /** Attempts whose answers were lost and that cannot be looked up: the network may hold something for them. */
  readonly orphans: readonly number[]
  /** When the next action without a request is due, such as a lookup or a release. Absent: none is. */
  readonly actAt?: Instant
  /** How often in a row that action was postponed. */
  readonly putOff?: number
  /** From then on it may be deleted, if it holds nothing. */
  readonly keptUntil: Instant
}

/** A record as last written. */
export interface KeptReservation {
  readonly record: RemoteReservation
  /** Counts its writes, from 1. */
  readonly revision: number
}

/** A message of a network that came to the listener, and waits for the gateway that drives the network. */
export interface Callback {
  readonly network: NetworkId
  readonly reservation: ReservationId
  readonly attempt: number
  /** What the network appended to the path that it was given: `/notify`, or nothing. */
  readonly suffix: string
  /** As it came. */
  readonly body: string
}

export interface KeptCallback extends Callback {
  readonly number: number
}

export interface RemoteFigures {
  /** Held, pending, or being asked for or let go. */
  readonly held: number
  /** Attempts whose answers were lost for good, of reservations that are not forgotten yet. */
  readonly orphans: number
}

export const holdsSomething = ({ state }: Pick<RemoteReservation, 'state'>): boolean =>
  state === 'asking' || state === 'pending' || state === 'held' || state === 'ending'

export interface RemoteReservationStore {
  find(network: NetworkId, id: ReservationId): Promise<KeptReservation | undefined>
  /**
   * Writes a record, durably before it resolves.
   * @param basedOn the revision that was read; 0 for one that is not there
   * @returns its revision; undefined if somebody else has written it since: nothing is kept
   */
  put(record: RemoteReservation, basedOn: number): Promise<number | undefined>
  /** Those that hold something, or may, in the order of their ids, from behind `after`. */
  list(network: NetworkId, after: ReservationId | undefined, limit: number): Promise<readonly RemoteReservation[]>
  /** Those with something to do by `now`, the most overdue first. */
  due(network: NetworkId, now: Instant, limit: number): Promise<readonly ReservationId[]>
  /** When the next one has something to do, later than `after`. */
  nextAct(network: NetworkId, after: Instant): Promise<Instant | undefined>
  figures(network: NetworkId): Promise<RemoteFigures>
  /** Keeps a message, durably before it resolves. */
  addCallback(callback: Callback): Promise<void>
  /** Messages of a network that wait, in the order in which they came. */
  callbacks(network: NetworkId, limit: number): Promise<readonly KeptCallback[]>
  /** They are done with. */
  removeCallbacks(numbers: readonly number[]): Promise<void>
  /** Calls `listener` when a message was kept, by any gateway. Returns the function that stops it. */
  watch(listener: () => void): () => void
}
