// When one session stands in the way of another (contract 2.6): the same device, overlapping flows, and the older one
// live or retained after the network ended it.

import type { ApplicationId, DeviceId } from '@rightofway/camara'
import { flowsOverlap, type ServerSide } from './flow.js'
import type { Session } from './session.js'

/** `overlap`: overlapping flows. `own-overlap`: only those of the same application. `device`: any other session. */
export const CONFLICT_RULES = ['overlap', 'own-overlap', 'device'] as const
export type ConflictRule = (typeof CONFLICT_RULES)[number]

export interface Newcomer {
  readonly owner: ApplicationId
  readonly device: DeviceId
  readonly flow: ServerSide
}

/** Whether `existing` keeps `newcomer` from being created. */
export function blocks(existing: Session, newcomer: Newcomer, rule: ConflictRule = 'overlap'): boolean {
  if (existing.device !== newcomer.device || !standsInTheWay(existing, newcomer)) return false
  if (rule === 'own-overlap' && existing.owner !== newcomer.owner) return false
  return rule === 'device' || flowsOverlap(existing.flow, newcomer.flow)
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
