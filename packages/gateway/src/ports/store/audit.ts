// The audit log, and the history of profiles and limits.

import type { Instant } from '@rightofway/camara'
import type { ActorKind, RECORDED } from '../../domain/recorded.js'
import type { UserId } from '../../domain/user.js'

/** Who changes something, and when. */
export interface Author {
  /** The name of whoever made the change. */
  readonly by: string
  /** Real time. */
  readonly at: Instant
}

/** A change of a profile or of limits. Recorded in the commit of the change. */
export interface DecisionRecord extends Author {
  /** Counts all changes, from 1. */
  readonly number: number
  readonly of: (typeof RECORDED)[number]
  /** Name of the profile; id of the application. */
  readonly name: string
  /** Absent: there was none. */
  readonly before?: unknown
  /** Absent: it was deleted. */
  readonly after?: unknown
}

export interface ChangeQuery {
  readonly of?: DecisionRecord['of']
  readonly name?: string
  /** Only changes with lower numbers. */
  readonly before?: number
  readonly limit: number
}

export interface ChangeStore {
  /** Newest first. */
  list(query: ChangeQuery): Promise<readonly DecisionRecord[]>
}

/** Something that an operator did, or was refused. No personal data, no secret. */

export interface AuditRecord {
  /** Counts the records, upwards. */
  readonly id: number
  /** Real time. */
  readonly at: Instant
  /** Name of a user, or `admin socket`. Names can be chosen: who it was is in `actorKind` and `actorId`. */
  readonly actor: string
  /** Absent: the record is older than this member. */
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
  /** Deletes the records up to that time (real time), in small commits, so that other commits come in between. */
  forget(until: Instant): Promise<void>
}
