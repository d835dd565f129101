import { type AssignmentInfo, type Mutable, toDateTime } from '@rightofway/camara'
import type { Assignment } from '../../domain/assignment.js'

/** An assignment as the contract's `AssignmentInfo`: one that is being revoked is AVAILABLE until it ends. */
export function toAssignmentInfo(assignment: Assignment): AssignmentInfo {
  const { id, asked, profile, status } = assignment
  if (status === 'RELEASING') throw new TypeError('a deleted assignment cannot be shown')
  const info: Mutable<AssignmentInfo> = {
    assignmentId: id,
    qosProfile: profile.name,
    status: status === 'REVOKING' ? 'AVAILABLE' : status,
  }
  if (asked.device !== undefined) info.device = asked.device
  if (asked.sink !== undefined) info.sink = asked.sink
  if (status === 'REQUESTED') return info
  if (assignment.startedAt !== undefined) info.startedAt = toDateTime(assignment.startedAt)
  if (status === 'REVOKING') info.statusInfo = 'DELETE_REQUESTED'
  if (status === 'UNAVAILABLE') info.statusInfo = assignment.statusInfo
  return info
}
