import type { Caller } from '../../domain/caller.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'

/** The newest sessions of the caller's application, newest first, whatever their subject; forgotten ones are left out. */
export async function newestSessions(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  limit: number,
  { application }: Caller,
): Promise<readonly Session[]> {
  const own = await store.sessions.list({ owner: application, newestFirst: true, limit })
  const now = clock.now()
  return own.map(({ session }) => asOf(session, now)).filter((session) => session !== undefined)
}
