import { QodError, type SessionId } from '@rightofway/camara'
import { isAssignmentId } from '../../domain/resource-id.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'

/** A session as it is now, of any application. @throws {QodError} `NOT_FOUND` */
export async function findSession({ store, clock }: Pick<Deps, 'store' | 'clock'>, id: SessionId): Promise<Session> {
  const stored = isAssignmentId(id) ? undefined : await store.sessions.find(id)
  const seen = stored && asOf(stored.session, clock.now())
  if (seen === undefined) throw new QodError('NOT_FOUND', 'There is no such session, or it is no longer kept.')
  return seen
}
