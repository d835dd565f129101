import { QodError, type Seconds, type SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'
import { decide } from '../resources/decide.js'
import { checkOwner, ownedSession } from '../resources/owned-resource.js'
import { watchSettling } from '../resources/settled.js'

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`, `QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED` */
export async function extendSession(deps: Deps, id: SessionId, by: Seconds, caller: Caller): Promise<Session> {
  const { seen } = await ownedSession(deps, id, caller)
  if (seen.status === 'REQUESTED') {
    const watching = watchSettling(deps.store.sessions, id)
    try {
      await watching.settled(seen, deps.policy.extendHoldMs)
    } finally {
      watching.stop()
    }
  }
  const extended = await decide(deps, id, ({ session }) => {
    if (asOf(session, deps.clock.now()) === undefined) throw new QodError('NOT_FOUND', 'There is no such session.')
    checkOwner(session, caller)
    return { event: { type: 'extend', by } }
  })
  if (extended === undefined) throw new QodError('NOT_FOUND', 'There is no such session.')
  return extended
}
