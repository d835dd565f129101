// Timers and network tasks that are waiting.

import type { Instant, NetworkId, ResourceId } from '@rightofway/camara'
import type { Resource } from '../../domain/resource.js'
import type { DueQueue } from './events.js'
import type { Stored, Version } from './sessions.js'

/** A request to a network that is still to be sent. */
export interface NetworkTask {
  readonly session: Resource
  /** Version of the commit that created it. */
  readonly version: Version
  readonly do: 'reserve' | 'release'
}

/** A hint that there is work. Hints can be missed: workers also look from time to time. */
export interface WorkHint {
  /** This session, or assignment, was committed. */
  readonly session?: ResourceId
  /** It was committed by another gateway, which handles its timer itself. */
  readonly remote?: true
  /** A session's timer was set to this moment. */
  readonly timer?: Instant
  /** A network has a new task. */
  readonly network?: NetworkId
  /** An event waits in this queue, and the next attempt to deliver it is due at this moment. */
  readonly delivery?: DueQueue
}

/** Timers and network tasks. A claim is exclusive until its lease (real time) has expired. */
export interface WorkStore {
  /**
   * When the next timer after `after` is due; undefined if there is none. What is due by `after` is returned
   * by {@link claimTimers}, or is claimed.
   */
  nextTimer(after: Instant): Promise<Instant | undefined>
  /** Sessions whose timer is due, earliest first. A commit ends the claim. */
  claimTimers(now: Instant, limit: number, leaseMs: number): Promise<readonly Stored<Resource>[]>
  /** Tasks of a network in commit order. They stay until a commit `settles` them or {@link settle} does. */
  claimTasks(network: NetworkId, limit: number, leaseMs: number): Promise<readonly NetworkTask[]>
  /** The task of this session, if it is of this version or an earlier one, is done. */
  settle(id: ResourceId, version: Version): Promise<void>
  /** How many tasks wait, for metrics and readiness. */
  countTasks(network: NetworkId): Promise<number>
  /** Calls `listener` after commits that create work. Returns the function that stops it. */
  watchWork(listener: (hint: WorkHint) => void): () => void
}
