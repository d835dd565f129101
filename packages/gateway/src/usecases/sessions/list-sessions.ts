import type { QosProfile, QosStatus, SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'

/** Sessions read for one page: a filter with few matches must not delay other requests. */
const LOOKED_AT = 1_000

export interface SessionFilter {
  readonly status?: QosStatus
  readonly profile?: QosProfile['name']
}

export interface SessionPage {
  readonly sessions: readonly Session[]
  /** Where the next page begins; absent after the last. */
  readonly after?: SessionId
}

/** The caller's sessions that it can still see, newest first, from behind `after`. */
export async function listSessions(
  { store, clock }: Deps,
  { status, profile }: SessionFilter,
  { limit, after }: { readonly limit: number; readonly after?: SessionId | undefined },
  caller: Caller,
): Promise<SessionPage> {
  const now = clock.now()
  const sessions: Session[] = []
  let last = after
  for (let lookedAt = 0; lookedAt < LOOKED_AT; lookedAt += limit) {
    const rows = await store.sessions.list({
      owner: caller.application,
      newestFirst: true,
      limit,
      ...(last !== undefined && { after: last }),
    })
    for (const { session: stored } of rows) {
      if (sessions.length === limit) return withNext(sessions, last)
      last = stored.id
      const session = asOf(stored, now)
      if (session === undefined || (caller.subject !== undefined && session.subject !== caller.subject)) continue
      if (status !== undefined && session.status !== status) continue
      if (profile === undefined || session.profile.name === profile) sessions.push(session)
    }
    if (rows.length < limit) return { sessions }
  }
  return withNext(sessions, last)
}

const withNext = (sessions: readonly Session[], after: SessionId | undefined): SessionPage =>
  after === undefined ? { sessions } : { sessions, after }
