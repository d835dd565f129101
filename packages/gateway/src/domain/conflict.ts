// When one session stands in the way of another (contract 2.6): the same device, overlapping flows, and the older one
// live or retained after the network ended it. A device has one assignment (contract 2.9), retained ones included. A
// session and an assignment are in nobody's way: the session goes first on its flow.

import type { ApplicationId, DeviceId, ResourceId } from '@rightofway/camara'
import { flowsOverlap, type ServerSide } from './flow.js'
import { isHeld, isSession, type Resource } from './resource.js'
import { isAssignmentId } from './resource-id.js'
import type { Session } from './session.js'

/** `overlap`: overlapping flows. `own-overlap`: only those of the same application. `device`: any other session. */
export const CONFLICT_RULES = ['overlap', 'own-overlap', 'device'] as const
export type ConflictRule = (typeof CONFLICT_RULES)[number]

export interface Newcomer {
  readonly id: ResourceId
  readonly owner: ApplicationId
  readonly device: DeviceId
  /** Of a session. */
  readonly flow?: ServerSide
}

/** Whether `existing` keeps `newcomer` from being created. */
export function blocks(existing: Resource, newcomer: Newcomer, rule: ConflictRule = 'overlap'): boolean {
  if (existing.device !== newcomer.device) return false
  if (!isSession(existing)) return isAssignmentId(newcomer.id) && existing.status !== 'RELEASING'
  if (newcomer.flow === undefined || !standsInTheWay(existing, newcomer)) return false
  if (rule === 'own-overlap' && existing.owner !== newcomer.owner) return false
  return rule === 'device' || flowsOverlap(existing.flow, newcomer.flow)
}

/** Wider than any rule of conflicts: what is none now will never be one again. */
export function mayBlock(resource: Resource): boolean {
  if (!isSession(resource)) return resource.status !== 'RELEASING'
  return isHeld(resource) || (resource.status === 'UNAVAILABLE' && resource.statusInfo === 'NETWORK_TERMINATED')
}

function standsInTheWay(existing: Session, newcomer: Newcomer): boolean {
  switch (existing.status) {
    case 'REQUESTED':
    case 'AVAILABLE':
      return true
    case 'UNAVAILABLE':
      // Only its own application can see and delete it. Others could not find out what they conflict with.
      return existing.statusInfo === 'NETWORK_TERMINATED' && existing.owner === newcomer.owner
    case 'RELEASING':
      return false
  }
}
