import { QodError, type SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { asOf } from '../../domain/session.js'
import type { Deps } from '../deps.js'
import { decide } from '../resources/decide.js'
import { checkOwner, ownedSession } from '../resources/owned-resource.js'

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED` */
export async function deleteSession(deps: Deps, id: SessionId, caller: Caller): Promise<void> {
  const first = await ownedSession(deps, id, caller)
  await decide(
    deps,
    id,
    async ({ session }) => {
      // Checked again after a conflicting commit: it may have been deleted by then.
      if (asOf(session, deps.clock.now()) === undefined) throw new QodError('NOT_FOUND', 'There is no such session.')
      checkOwner(session, caller)
      return { event: { type: 'delete', released: !(await deps.store.sessions.hasTask(id)) } }
    },
    first,
  )
}
