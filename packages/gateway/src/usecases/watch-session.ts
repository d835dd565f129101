import type { SessionId } from '@rightofway/camara'
import type { Caller } from '../auth/caller.js'
import { asOf } from '../domain/session.js'
import type { SessionEventRecord } from '../ports/store.js'
import type { Deps } from './deps.js'
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
  await ownedSession(deps, id, caller)
  const seen = await deps.store.events.ofSession(id, 0)
  return {
    over: seen.some(({ ordinal, report }) => report.status === 'UNAVAILABLE' && ordinal <= after),
    events: follow(deps, id, after, quietMs, signal),
  }
}

async function* follow(
  { store, clock }: Deps,
  id: SessionId,
  after: number,
  quietMs: number,
  signal: AbortSignal,
): AsyncGenerator<SessionEventRecord | null> {
  let changed = true
  let wake: () => void = () => undefined
  const onChange = () => {
    changed = true
    wake()
  }
  const unwatch = store.sessions.watch(id, onChange)
  signal.addEventListener('abort', onChange)
  let last = after
  try {
    while (!signal.aborted) {
      changed = false
      const events = await store.events.ofSession(id, last)
      for (const event of events) {
        yield event
        last = event.ordinal
        if (event.report.status === 'UNAVAILABLE') return
      }
      const stored = await store.sessions.find(id)
      // Deleted before it began: there will be no event.
      if (stored === undefined || asOf(stored.session, clock.now()) === undefined) return
      if (changed) continue
      const quiet = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, quietMs, true)
        wake = () => {
          clearTimeout(timer)
          resolve(false)
        }
      })
      if (quiet) yield null
    }
  } finally {
    unwatch()
    signal.removeEventListener('abort', onChange)
  }
}
