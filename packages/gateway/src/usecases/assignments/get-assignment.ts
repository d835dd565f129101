import type { AssignmentId } from '@rightofway/camara'
import type { Assignment } from '../../domain/assignment.js'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../deps.js'
import { ownedAssignment } from '../resources/owned-resource.js'

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED` */
export async function getAssignment(deps: Deps, id: AssignmentId, caller: Caller): Promise<Assignment> {
  return (await ownedAssignment(deps, id, caller)).seen
}
