// How an assignment is shown: to people, and to programs as JSON. Neither shows the device, which is personal data.

import type { QosAssignment } from '@rightofway/sdk'
import { list, moment } from '../../table.js'
import type { Terminal } from '../../terminal.js'
import { statusText } from '../sessions/show.js'

export function assignmentSheet(terminal: Terminal, assignment: QosAssignment): string {
  const { id, profile, startedAt, reason, sink } = assignment
  return list(terminal, {
    assignment: id,
    status: statusText(terminal, assignment),
    reason,
    profile,
    started: startedAt && moment(startedAt),
    sink,
  })
}

export function assignmentJson({ id, status, statusInfo, profile, startedAt }: QosAssignment) {
  return { id, status, statusInfo, profile, startedAt }
}

/** For people or for programs. */
export const shown = (terminal: Terminal, assignment: QosAssignment, json: boolean | undefined): string =>
  json ? `${JSON.stringify(assignmentJson(assignment))}\n` : assignmentSheet(terminal, assignment)
