import type { Caller } from '../../domain/caller.js'
import { isAssignmentId } from '../../domain/resource-id.js'
import type { EventPosition, SessionEventRecord } from '../../ports/store/events.js'
import type { Store } from '../../ports/store/store.js'
import type { Deps } from '../deps.js'
import { following } from '../resources/following.js'

/** So many events are read at once. */
const PAGE = 100

export interface WatchingAll {
  /** Where the stream begins: behind this event; undefined: before all that the caller will ever have. */
  readonly from: EventPosition | undefined
  /** Events behind it, as they come; null when nothing has come for `quietMs`. Has no end of its own. */
  readonly events: AsyncGenerator<SessionEventRecord | null>
}

/**
 * Follows all sessions of a caller: those it has, and those that it will make.
 * @param after the event it saw last; `now`: only what happens from now on. Behind one that is not kept any more, or is
 *   none of its own, come all that are kept.
 */
export async function watchSessions(
  { store }: Deps,
  caller: Caller,
  { after, quietMs, signal }: { after: EventPosition | 'now' | undefined; quietMs: number; signal: AbortSignal },
): Promise<WatchingAll> {
  const from = after === 'now' ? await store.events.lastOf(caller.application) : after
  // The application's last event may be another subscriber's, and its name says which session that has.
  const hidden = after === 'now' && caller.subject !== undefined
  return {
    from: hidden ? undefined : from,
    events: following({
      subscribe: (onChange) =>
        store.work.watchWork(({ session }) => {
          if (session !== undefined) onChange()
        }),
      read: reader(store, caller, from),
      quietMs,
      signal,
    }),
  }
}

function reader({ events }: Store, { application, subject }: Caller, from: EventPosition | undefined) {
  let last = from
  return async function* (): AsyncGenerator<SessionEventRecord, boolean> {
    for (;;) {
      const page = await events.ofOwner(application, last, PAGE)
      for (const event of page) {
        const isOwn = subject === undefined || event.subject === subject
        if (isOwn && !isAssignmentId(event.session)) yield event
        last = event
      }
      if (page.length < PAGE) return false
    }
  }
}
