import { type Device, QodError } from '@rightofway/camara'
import { type Assignment, assignmentAsOf } from '../../domain/assignment.js'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../deps.js'
import { parseDevice, requireDevice } from '../devices/resolve-device.js'
import { isOwnedBy } from '../resources/owned-resource.js'

/**
 * The caller's assignment of a device, by whatever name it was made.
 * @throws {QodError} `INVALID_ARGUMENT`, those of an identifier, `NOT_FOUND` it has none
 */
export async function retrieveAssignment(deps: Deps, body: { device?: Device }, caller: Caller): Promise<Assignment> {
  const device = await requireDevice(deps, caller, parseDevice(body.device), 'qos-provisioning')
  const now = deps.clock.now()
  const [own] = (await deps.store.sessions.assignmentsOf(device.id))
    .map(({ session }) => assignmentAsOf(session, now))
    .filter((assignment) => assignment !== undefined && isOwnedBy(assignment, caller))
  if (own === undefined) throw new QodError('NOT_FOUND', 'You have not assigned a QoS profile to this device.')
  return own
}
