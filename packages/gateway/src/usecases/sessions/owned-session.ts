import { type Instant, QodError, type SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Stored } from '../../ports/store/sessions.js'
import type { Deps } from '../deps.js'

/**
 * Refuses a caller who did not make the session: another application or, with a three-legged token, another subject.
 * @throws {QodError} `PERMISSION_DENIED`
 */
export function checkOwner(session: Session, { application, subject }: Caller): void {
  if (session.owner !== application || (subject !== undefined && session.subject !== subject)) {
    throw new QodError('PERMISSION_DENIED', 'This session belongs to another caller.')
  }
}

/** A session as its owner may see it now, and what is stored of it. */
export interface OwnedSession extends Stored {
  readonly seen: Session
}

/** @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED` */
export async function ownedSession(deps: Deps, id: SessionId, caller: Caller): Promise<OwnedSession> {
  const stored = await deps.store.sessions.find(id)
  return visible(stored, caller, deps.clock.now())
}

function visible(stored: Stored | undefined, caller: Caller, now: Instant): OwnedSession {
  const seen = stored && asOf(stored.session, now)
  if (stored === undefined || seen === undefined) throw new QodError('NOT_FOUND', 'There is no such session.')
  checkOwner(seen, caller)
  return { session: stored.session, version: stored.version, seen }
}
