import type { SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'
import { ownedSession } from '../resources/owned-resource.js'

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED` */
export async function getSession(deps: Deps, id: SessionId, caller: Caller): Promise<Session> {
  return (await ownedSession(deps, id, caller)).seen
}
