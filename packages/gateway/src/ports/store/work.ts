// Timers and network tasks that wait to be done.

import type { Instant, NetworkId, SessionId } from '@rightofway/camara'
import type { Session } from '../../domain/session.js'
import type { DueQueue } from './events.js'
import type { Stored, Version } from './sessions.js'

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
  readonly remote?: true
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
