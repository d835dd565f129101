// CAMARA qos-provisioning: its operations in one file, as each mostly calls its use case.

import type { AssignmentId } from '@rightofway/camara'
import {
  createQosAssignment,
  getQosAssignmentByDevice,
  getQosAssignmentById,
  revokeQosAssignment,
  watchQosAssignment,
} from '@rightofway/camara/schemas'
import { createAssignment } from '../../usecases/assignments/create-assignment.js'
import { getAssignment } from '../../usecases/assignments/get-assignment.js'
import { retrieveAssignment } from '../../usecases/assignments/retrieve-assignment.js'
import { revokeAssignment } from '../../usecases/assignments/revoke-assignment.js'
import type { Deps } from '../../usecases/deps.js'
import { watchAssignment } from '../../usecases/resources/watch.js'
import { route } from '../route.js'
import { toAssignmentInfo } from './assignment-info.js'
import { eventStream, lastSeen, QUIET_MS, type WatchDeps } from './event-stream.js'
import { createOptionsOf, PREFERENCE_APPLIED, prefersAsync, SINK_CODES } from './requests.js'
import { reasonHeaders } from './warning.js'

export const createAssignmentRoute = route({
  operation: createQosAssignment,
  fieldCodes: SINK_CODES,
  async handle(request, deps: Deps) {
    const { body, caller } = request
    const options = createOptionsOf(request)
    const assignment = await createAssignment(deps, body, caller, options)
    const headers = { ...(options.respondAsync && PREFERENCE_APPLIED), ...reasonHeaders(assignment) }
    return { body: toAssignmentInfo(assignment), headers }
  },
})

export const getAssignmentRoute = route({
  operation: getQosAssignmentById,
  async handle({ params, caller }, deps: Deps) {
    const assignment = await getAssignment(deps, params.assignmentId as AssignmentId, caller)
    return { body: toAssignmentInfo(assignment), headers: reasonHeaders(assignment) }
  },
})

export const revokeAssignmentRoute = route({
  operation: revokeQosAssignment,
  async handle(request, deps: Deps) {
    const { params, caller } = request
    const respondAsync = prefersAsync(request)
    const left = await revokeAssignment(deps, params.assignmentId as AssignmentId, caller, { respondAsync })
    return left === undefined ? {} : { status: 202, body: toAssignmentInfo(left) }
  },
})

export const retrieveAssignmentRoute = route({
  operation: getQosAssignmentByDevice,
  async handle({ body, caller }, deps: Deps) {
    const assignment = await retrieveAssignment(deps, body, caller)
    return { body: toAssignmentInfo(assignment), headers: reasonHeaders(assignment) }
  },
})

/** Not CAMARA's: the events of one assignment as server-sent events. */
export const watchAssignmentRoute = route({
  operation: watchQosAssignment,
  async handle(request, deps: WatchDeps) {
    const { params, caller, signal } = request
    const id = params.assignmentId as AssignmentId
    const after = lastSeen(request, id, 'an event of this assignment')
    const { over, events } = await watchAssignment(deps, id, caller, { after, quietMs: QUIET_MS, signal })
    // An EventSource does not reconnect after 204.
    return over ? { status: 204 } : eventStream(events, deps.publicUrl.value)
  },
})
