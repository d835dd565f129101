import type { ApplicationId, DeviceId, NetworkId, QosProfile, SessionId } from '@rightofway/camara'
import { asOf, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'
import type { SessionPage } from './list-sessions.js'

/** Sessions read at once, and sessions that one search looks at. */
const READ = 500
const LOOKED_AT = 20_000

export interface SessionSearch {
  readonly status?: Session['status'] | undefined
  readonly application?: ApplicationId | undefined
  readonly network?: NetworkId | undefined
  readonly device?: DeviceId | undefined
  readonly profile?: QosProfile['name'] | undefined
}

/** Sessions of all applications that match every member given, newest first, from behind `after`. */
export async function searchSessions(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { status, application, network, device, profile }: SessionSearch,
  { limit, after }: { readonly limit: number; readonly after?: SessionId | undefined },
): Promise<SessionPage> {
  const now = clock.now()
  const sessions: Session[] = []
  let last = after
  for (let lookedAt = 0; lookedAt < LOOKED_AT; lookedAt += READ) {
    const page = await store.sessions.list({
      newestFirst: true,
      limit: READ,
      ...(application !== undefined && { owner: application }),
      ...(network !== undefined && { network }),
      ...(last !== undefined && { after: last }),
    })
    for (const stored of page) {
      last = stored.session.id
      const seen = asOf(stored.session, now)
      const wanted =
        seen !== undefined &&
        (status === undefined || seen.status === status) &&
        (device === undefined || seen.device === device) &&
        (profile === undefined || seen.profile.name === profile)
      if (wanted) sessions.push(seen)
      if (sessions.length === limit) return { sessions, after: last }
    }
    if (page.length < READ) return { sessions }
  }
  return last === undefined ? { sessions } : { sessions, after: last }
}
