// What networks behind an API were asked for, and what they said of it. They do not remember it for us: gateways that
// share a store find here what the one before has asked.

import type { Instant, NetworkId, ReservationId } from '@rightofway/camara'
import type { Reservation } from '../network.js'

/**
 * asking: asked for, and not answered yet, or the answer was lost. pending: being worked on there. held: granted.
 * ending: being let go, for the reason in `endsAs`. The others hold nothing, and only remember the version.
 */
export type RemoteState = 'asking' | 'pending' | 'held' | 'ending' | EndState
export type EndState = 'released' | 'expired' | 'refused' | 'lost'

export interface RemoteReservation {
  readonly network: NetworkId
  readonly id: ReservationId
  /** Of the last wish that was heard. */
  readonly version: number
  readonly state: RemoteState
  readonly endsAs?: EndState
  /** Counts the times that the network was asked to hold it, from 1; 0 if it never was. */
  readonly attempt: number
  /** What it was asked for with this attempt, with the end that is wished for now. */
  readonly asked?: Reservation
  /** The name of it there. Absent: not known, or there is none. */
  readonly remoteId?: string
  readonly grantedAt?: Instant
  /** When we let go. */
  readonly until?: Instant
  /** When the network lets go by itself, as it has said last. */
  readonly remoteUntil?: Instant
  /** Of what is pending in several parts: those that are granted. */
  readonly grantedParts?: readonly string[]
  /** Of what several networks hold together: parts that do not, and could be done without, with the reason. */
  readonly without?: Readonly<Record<string, string>>
  /** Whether the network was asked to move that, and has not answered. */
  readonly moving?: boolean
  /** Whether the request of this attempt never left: then there is nothing to look for. */
  readonly unsent?: boolean
  /** Why it was refused or lost, in its words. */
  readonly reason?: string
  /** Answers in a row, to this wish, that leave open whether the network did anything. */
  readonly doubts?: number
  /** Attempts whose answers were lost, and which cannot be looked for: the network may hold something for them. */
  readonly orphans: readonly number[]
  /** When there is something to do by itself: look, let go. Absent: nothing. */
  readonly actAt?: Instant
  /** How often in a row that has been put off. */
  readonly putOff?: number
  /** May be forgotten from then on, if it holds nothing. */
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
