import { type AssignmentId, QodError } from '@rightofway/camara'
import { type Assignment, assignmentAsOf } from '../../domain/assignment.js'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../deps.js'
import { decide } from '../resources/decide.js'
import { checkOwner, ownedAssignment } from '../resources/owned-resource.js'
import { watchSettling } from '../resources/settled.js'

/**
 * Revokes an assignment, and waits a moment for the network to let go. One that has ended is forgotten.
 * @returns it, while the network has not let go; undefined once it has
 * @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`
 */
export async function revokeAssignment(
  deps: Deps,
  id: AssignmentId,
  caller: Caller,
  { respondAsync }: { readonly respondAsync: boolean },
): Promise<Assignment | undefined> {
  const { store, clock, policy } = deps
  const first = await ownedAssignment(deps, id, caller)
  const watching = watchSettling<Assignment>(store.sessions, id, ({ status }) => status !== 'REVOKING')
  try {
    const revoked = await decide(
      deps,
      id,
      async ({ session }) => {
        // Looked at again after a lost race: it may be gone by then.
        if (assignmentAsOf(session, clock.now()) === undefined) {
          throw new QodError('NOT_FOUND', 'There is no such assignment.')
        }
        checkOwner(session, caller)
        return { event: { type: 'delete', released: !(await store.sessions.hasTask(id)) } }
      },
      first,
    )
    if (revoked?.status !== 'REVOKING') return undefined
    const settled = respondAsync ? revoked : await watching.settled(revoked, policy.createHoldMs)
    return settled?.status === 'REVOKING' ? settled : undefined
  } finally {
    watching.stop()
  }
}
