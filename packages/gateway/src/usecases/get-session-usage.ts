import { QodError, type SessionId } from '@rightofway/camara'
import type { Caller } from '../auth/caller.js'
import { reservationIdOf, type Session } from '../domain/session.js'
import { NetworkUnreachable, type Usage } from '../ports/network.js'
import type { Deps } from './deps.js'
import { ownedSession } from './owned-session.js'

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`; `UNAVAILABLE`: the network cannot be asked now */
export async function getSessionUsage(
  deps: Deps,
  id: SessionId,
  caller: Caller,
): Promise<{ readonly session: Session; readonly usage: Usage }> {
  const { seen } = await ownedSession(deps, id, caller)
  const network = deps.networks.get(seen.network)
  if (network?.usage === undefined) {
    throw new QodError('NOT_FOUND', 'The network of this session does not count what sessions carry.')
  }
  const usage = await network.usage(reservationIdOf(id)).catch((error: unknown) => {
    if (!(error instanceof NetworkUnreachable)) throw error
    throw new QodError('UNAVAILABLE', 'The network cannot be asked now.', { cause: error })
  })
  if (usage === undefined) throw new QodError('NOT_FOUND', 'Nothing has been counted for this session.')
  return { session: seen, usage }
}
