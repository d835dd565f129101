// The life of an assignment: a profile that a device has without end, for all its flows that no session covers. The rules
// are those of `session.ts`; what differs is that nothing ends by itself, that one which is revoked is readable until the
// network has let go and for a while after, and that a retained one stands in the way of the next (contract 2.9).
//
//   REQUESTED --granted--> AVAILABLE --revoke--> REVOKING --released--> UNAVAILABLE --timer | revoke--> forgotten
//       |                      '------------ lost -----------------------^  ^
//       '--refused | lost | revoke | timer (set-up too long)----------------'
//
// REVOKING is no status of the contract: applications see AVAILABLE with DELETE_REQUESTED. RELEASING is as for sessions:
// what was UNAVAILABLE, and is forgotten as soon as the network has let go.

import { type AssignmentId, type AssignmentStatusInfo, type Instant, instant, QodError } from '@rightofway/camara'
import { type DeviceAddresses, sameAddresses } from './flow.js'
import { type CommonTerms, keptUntil, type StepOf } from './terms.js'

/** What is fixed when an assignment is created. Only the addresses of its device can change later. */
export interface AssignmentTerms extends CommonTerms {
  readonly id: AssignmentId
  /** Those that its device has. */
  readonly addresses: DeviceAddresses
}

interface Requested extends AssignmentTerms {
  readonly status: 'REQUESTED'
}

interface Available extends AssignmentTerms {
  readonly status: 'AVAILABLE'
  /** The network's own time of the grant. */
  readonly startedAt: Instant
}

/** Revoked, and not yet let go by the network. */
interface Revoking extends Omit<Available, 'status'> {
  readonly status: 'REVOKING'
}

interface Unavailable extends AssignmentTerms {
  readonly status: 'UNAVAILABLE'
  /** Absent if it never was AVAILABLE. */
  readonly startedAt?: Instant
  readonly statusInfo: AssignmentStatusInfo
  /** Why the network refused or ended it, in the network's words, for people. */
  readonly reason?: string
  readonly endedAt: Instant
}

interface Releasing extends Omit<Unavailable, 'status'> {
  readonly status: 'RELEASING'
}

export type Assignment = Readonly<Requested | Available | Revoking | Unavailable | Releasing>

export type AssignmentEvent =
  /** The network has granted it since `at` (its own clock). */
  | { readonly type: 'granted'; readonly at: Instant }
  /** The network refuses it. */
  | { readonly type: 'refused'; readonly reason?: string }
  /** The network has ended it. */
  | { readonly type: 'lost'; readonly reason?: string }
  /** Its device has other addresses now. */
  | { readonly type: 'moved'; readonly to: DeviceAddresses }
  /** @property released whether no network task is left for this assignment */
  | { readonly type: 'delete'; readonly released: boolean }
  /** `assignmentDeadline` has passed, or an earlier deadline that was replaced. */
  | { readonly type: 'timer'; readonly released: boolean }
  /** The network confirms that it holds nothing for this assignment. */
  | { readonly type: 'released' }

/** The first step of every assignment. */
export function requestAssignment(terms: AssignmentTerms): StepOf<Assignment> & { readonly session: Assignment } {
  return { session: { ...terms, status: 'REQUESTED' }, effects: [{ do: 'reserve' }] }
}

/**
 * What `event` makes of `assignment`.
 * @throws {QodError} `NOT_FOUND`: it is deleted already
 */
export function stepAssignment(assignment: Assignment, event: AssignmentEvent, now: Instant): StepOf<Assignment> {
  switch (event.type) {
    case 'granted': {
      // Networks repeat answers, and answer late: the first grant counts, and none after an end.
      if (assignment.status !== 'REQUESTED') return unchanged(assignment)
      const { at } = event
      return {
        session: { ...assignment, status: 'AVAILABLE', startedAt: at },
        effects: [{ do: 'notify', ordinal: 1, at, status: 'AVAILABLE' }],
      }
    }

    case 'refused':
    case 'lost':
      if (assignment.status === 'REQUESTED') return fail(assignment, now, event.reason)
      if (assignment.status === 'AVAILABLE') {
        const { session, effects } = end(assignment, 'NETWORK_TERMINATED', now, event.reason)
        return { session, effects: [{ do: 'release' }, ...effects] }
      }
      return unchanged(assignment)

    case 'moved': {
      if (!isLiveAssignment(assignment) || sameAddresses(assignment.addresses, event.to)) return unchanged(assignment)
      return { session: { ...assignment, addresses: event.to }, effects: [{ do: 'reserve' }] }
    }

    case 'delete':
      switch (assignment.status) {
        case 'RELEASING':
          throw new QodError('NOT_FOUND')
        case 'REVOKING':
          return unchanged(assignment)
        case 'UNAVAILABLE':
          return leave(assignment, event.released)
        case 'REQUESTED': {
          const statusInfo = 'DELETE_REQUESTED'
          // Nobody was told that it began, and so nobody that it ended.
          return {
            session: { ...assignment, status: 'UNAVAILABLE', statusInfo, endedAt: now },
            effects: [{ do: 'release' }],
          }
        }
        case 'AVAILABLE':
          return { session: { ...assignment, status: 'REVOKING' }, effects: [{ do: 'release' }] }
      }
      break

    case 'timer':
      switch (assignment.status) {
        case 'REQUESTED':
          return now < assignment.setUpBy
            ? unchanged(assignment)
            : fail(assignment, now, 'the network did not answer in time')
        case 'UNAVAILABLE':
          return now < keptUntil(assignment) ? unchanged(assignment) : leave(assignment, event.released)
        default:
          return unchanged(assignment)
      }

    case 'released':
      if (assignment.status === 'RELEASING') return { session: undefined, effects: [] }
      return assignment.status === 'REVOKING' ? end(assignment, 'DELETE_REQUESTED', now) : unchanged(assignment)
  }
}

/** When `stepAssignment` wants a `timer` event, if nothing happens before. */
export function assignmentDeadline(assignment: Assignment): Instant | undefined {
  switch (assignment.status) {
    case 'REQUESTED':
      return assignment.setUpBy
    case 'UNAVAILABLE':
      return keptUntil(assignment)
    default:
      return undefined
  }
}

/** The assignment as a reader at `now` should see it. What this shows is exactly what the timer will store. */
export function assignmentAsOf(assignment: Assignment, now: Instant): Assignment | undefined {
  const { status } = assignment
  return status === 'RELEASING' || (status === 'UNAVAILABLE' && now >= keptUntil(assignment)) ? undefined : assignment
}

/** Whether the network should be holding something for this assignment. */
export const isLiveAssignment = ({ status }: Assignment): boolean => status === 'REQUESTED' || status === 'AVAILABLE'

const unchanged = (assignment: Assignment): StepOf<Assignment> => ({ session: assignment, effects: [] })

/** The network never granted it. */
function fail(assignment: Requested, now: Instant, reason?: string): StepOf<Assignment> {
  const statusInfo = 'NETWORK_TERMINATED'
  return {
    session: { ...assignment, status: 'UNAVAILABLE', statusInfo, endedAt: now, ...(reason && { reason }) },
    effects: [{ do: 'release' }, { do: 'notify', ordinal: 1, at: now, status: 'UNAVAILABLE', statusInfo }],
  }
}

/** It ends now. */
function end(
  assignment: Available | Revoking,
  statusInfo: AssignmentStatusInfo,
  now: Instant,
  reason?: string,
): StepOf<Assignment> {
  // If the clock was set back, the end must not precede the start.
  const endedAt = instant(Math.max(now, assignment.startedAt))
  return {
    session: { ...assignment, status: 'UNAVAILABLE', statusInfo, endedAt, ...(reason && { reason }) },
    effects: [{ do: 'notify', ordinal: 2, at: endedAt, status: 'UNAVAILABLE', statusInfo }],
  }
}

/** Nobody may read it any longer: it is forgotten, unless the network has still to let go. Then it is asked to once more. */
const leave = (assignment: Unavailable, released: boolean): StepOf<Assignment> => ({
  session: released ? undefined : { ...assignment, status: 'RELEASING' },
  effects: released ? [] : [{ do: 'release' }],
})
