import type { SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import type { Session } from '../../domain/session.js'
import type { Usage } from '../../ports/network.js'
import type { Deps } from '../deps.js'
import { ownedSession } from '../resources/owned-resource.js'
import { usageOf } from './usage-of.js'

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`; `UNAVAILABLE` the network cannot be asked now */
export async function getSessionUsage(
  deps: Deps,
  id: SessionId,
  caller: Caller,
): Promise<{ readonly session: Session; readonly usage: Usage }> {
  const { seen } = await ownedSession(deps, id, caller)
  return { session: seen, usage: await usageOf(deps, seen) }
}
