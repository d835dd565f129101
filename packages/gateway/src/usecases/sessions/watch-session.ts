import type { SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { asOf } from '../../domain/session.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { Deps } from '../deps.js'
import { following } from './following.js'
import { ownedSession } from './owned-session.js'

export interface Watching {
  /** The session has told its last event before: there is nothing to follow. */
  readonly over: boolean
  /** Events after the one given, as they come; null when nothing has come for `quietMs`. Ends after the last event. */
  readonly events: AsyncGenerator<SessionEventRecord | null>
}

/**
 * Follows a session.
 * @param after ordinal of the last event that the caller has seen; 0 for none
 * @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`
 */
export async function watchSession(
  deps: Deps,
  id: SessionId,
  caller: Caller,
  { after, quietMs, signal }: { after: number; quietMs: number; signal: AbortSignal },
): Promise<Watching> {
  const { store } = deps
  await ownedSession(deps, id, caller)
  const seen = await store.events.ofSession(id, 0)
  return {
    over: seen.some(({ ordinal, report }) => report.status === 'UNAVAILABLE' && ordinal <= after),
    events: following({
      subscribe: (onChange) => store.sessions.watch(id, onChange),
      read: reader(deps, id, after),
      quietMs,
      signal,
    }),
  }
}

function reader({ store, clock }: Deps, id: SessionId, after: number) {
  let last = after
  return async function* (): AsyncGenerator<SessionEventRecord, boolean> {
    for (const event of await store.events.ofSession(id, last)) {
      yield event
      last = event.ordinal
      if (event.report.status === 'UNAVAILABLE') return true
    }
    const stored = await store.sessions.find(id)
    // Deleted before it began: there will be no event.
    return stored === undefined || asOf(stored.session, clock.now()) === undefined
  }
}
