import { QodError, type SessionId } from '@rightofway/camara'
import { asOf, isLive, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'
import { decide } from '../resources/decide.js'
import { findSession } from './find-session.js'

/**
 * Ends a session on behalf of the network's operator: to its application the network has terminated it.
 * @throws {QodError} `NOT_FOUND`, `CONFLICT` it has ended already
 */
export async function endSession(deps: Pick<Deps, 'store' | 'clock'>, id: SessionId): Promise<Session> {
  await findSession(deps, id)
  const ended = await decide(deps, id, ({ session }) => {
    const seen = asOf(session, deps.clock.now())
    if (seen === undefined) throw new QodError('NOT_FOUND', 'There is no such session.')
    if (!isLive(seen)) throw new QodError('CONFLICT', 'The session has already ended.')
    return { event: { type: 'lost', reason: 'ended by an operator' } }
  })
  if (ended === undefined) throw new QodError('NOT_FOUND', 'There is no such session.')
  return ended
}
