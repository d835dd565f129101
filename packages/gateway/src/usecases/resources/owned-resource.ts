import { type AssignmentId, QodError, type ResourceId, type SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { type Resource, type ResourceOf, seenAt } from '../../domain/resource.js'
import { isAssignmentId, kindOf } from '../../domain/resource-id.js'
import type { Stored } from '../../ports/store/sessions.js'
import type { Deps } from '../deps.js'

/** Whether a caller made it: the same application and, with a three-legged token, the same subject. */
export const isOwnedBy = ({ owner, subject }: Pick<Resource, 'owner' | 'subject'>, caller: Caller): boolean =>
  owner === caller.application && (caller.subject === undefined || subject === caller.subject)

/**
 * Refuses a caller who did not make it.
 * @throws {QodError} `PERMISSION_DENIED`
 */
export function checkOwner(resource: Resource, caller: Caller): void {
  if (isOwnedBy(resource, caller)) return
  throw new QodError('PERMISSION_DENIED', `This ${kindOf(resource.id)} belongs to another caller.`)
}

/** What its owner may see now, and what is stored of it. */
export interface Owned<I extends ResourceId> extends Stored<ResourceOf<I>> {
  readonly seen: ResourceOf<I>
}

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED` */
export async function ownedSession(deps: Deps, id: SessionId, caller: Caller): Promise<Owned<SessionId>> {
  if (isAssignmentId(id)) throw noSuch('session')
  return owned(deps, id, caller)
}

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED` */
export async function ownedAssignment(deps: Deps, id: AssignmentId, caller: Caller): Promise<Owned<AssignmentId>> {
  if (!isAssignmentId(id)) throw noSuch('assignment')
  return owned(deps, id, caller)
}

async function owned<I extends ResourceId>(deps: Deps, id: I, caller: Caller): Promise<Owned<I>> {
  const stored = await deps.store.sessions.find(id)
  const seen = stored && seenAt(stored.session, deps.clock.now())
  if (stored === undefined || seen === undefined) throw noSuch(kindOf(id))
  checkOwner(seen, caller)
  return { session: stored.session, version: stored.version, seen }
}

const noSuch = (kind: string): QodError => new QodError('NOT_FOUND', `There is no such ${kind}.`)
