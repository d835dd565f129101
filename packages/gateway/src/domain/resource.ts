// What an application asks a network for, and can name: a session or an assignment. Stores and workers treat both alike;
// this is where the one is told from the other, by its id.

import type { AssignmentId, Instant, ReservationId, ResourceId, SessionId } from '@rightofway/camara'
import {
  type Assignment,
  type AssignmentEvent,
  assignmentAsOf,
  assignmentDeadline,
  isLiveAssignment,
  stepAssignment,
} from './assignment.js'
import type { DeviceAddresses } from './flow.js'
import { isAssignmentId } from './resource-id.js'
import { asOf, deadline, isLive, type Session, type SessionEvent, step } from './session.js'
import type { StepOf } from './terms.js'

export type Resource = Session | Assignment

/** What an id of this type names. */
export type ResourceOf<I extends ResourceId> = I extends SessionId
  ? Session
  : I extends AssignmentId
    ? Assignment
    : never

/** What can happen to either. */
export type ResourceEvent = AssignmentEvent | SessionEvent

export const isAssignment = (resource: Resource): resource is Assignment => isAssignmentId(resource.id)

export const isSession = (resource: Resource): resource is Session => !isAssignment(resource)

/**
 * What `event` makes of a session or an assignment.
 * @throws {QodError} what `step` and `stepAssignment` throw
 */
export function stepResource(resource: Resource, event: ResourceEvent, now: Instant): StepOf<Resource> {
  if (isSession(resource)) return step(resource, event, now)
  if (event.type === 'extend') throw new TypeError('an assignment has no end to extend')
  return stepAssignment(resource, event, now)
}

/** When it wants a `timer` event, if nothing happens before. */
export const deadlineOf = (resource: Resource): Instant | undefined =>
  isSession(resource) ? deadline(resource) : assignmentDeadline(resource)

/** As a reader at `now` should see it; undefined: not any more. */
export const seenAt = <R extends Resource>(resource: R, now: Instant): R | undefined =>
  (isSession(resource) ? asOf(resource, now) : assignmentAsOf(resource, now)) as R | undefined

/** Whether the network should be holding something for it. */
export const isHeld = (resource: Resource): boolean =>
  isSession(resource) ? isLive(resource) : isLiveAssignment(resource)

/** The addresses of its device, as its network knows them. */
export const addressesOf = (resource: Resource): DeviceAddresses =>
  isSession(resource) ? resource.flow.device : resource.addresses

const RESERVATION_PREFIX = 'rsv-'

/** A session, or an assignment, has one reservation during its whole life. */
export const reservationIdOf = (id: ResourceId): ReservationId => `${RESERVATION_PREFIX}${id}` as ReservationId

export const resourceIdOf = (id: ReservationId): ResourceId => id.slice(RESERVATION_PREFIX.length) as ResourceId
