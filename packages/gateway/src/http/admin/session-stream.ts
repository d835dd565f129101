// Live sessions as server-sent events (HTML standard, section 9.2).

import { toDateTime } from '@rightofway/camara'
import type { Users } from '../../auth/users/users.js'
import type { Caller } from '../../domain/caller.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Clock } from '../../ports/clock.js'
import type { LiveSessions } from '../../views/live-sessions.js'
import { masked } from './mask.js'
import { type AdminSession, toAdminSession } from './session-view.js'

/** Sessions in one event: a page handles an event without a pause. */
const PIECE = 250

/** Interval of events with the time where nothing changes, as a sandbox moves it (milliseconds). */
const QUIET_MS = 5_000

/** A slower reader is disconnected, and begins again. */
const MAX_WAITING = 50_000

export interface SessionStreamOptions {
  readonly liveSessions: LiveSessions
  readonly clock: Clock
  readonly users: Users
  readonly caller: Caller
  readonly signal: AbortSignal
}

export async function* streamSessions(options: SessionStreamOptions): AsyncGenerator<string> {
  const { liveSessions, clock, users, caller, signal } = options
  const { operator } = caller
  const view = operator?.role === 'viewer' ? (session: Session) => masked(toAdminSession(session)) : toAdminSession
  const event = (name: string, data: object) =>
    `event: ${name}\ndata: ${JSON.stringify({ now: toDateTime(clock.now()), ...data })}\n\n`

  const changed = new Map<string, Session>()
  const gone = new Set<string>()
  let wake: () => void = () => undefined
  // Sent at once, so that the caller knows that the stream is open.
  yield ': following\n\n'
  const leave = await liveSessions.open()
  const unwatch = liveSessions.watch((change) => {
    for (const session of change.changed) changed.set(session.id, session)
    for (const id of change.gone) {
      changed.delete(id)
      gone.add(id)
    }
    wake()
  })
  signal.addEventListener('abort', () => wake())
  try {
    const now = clock.now()
    let piece: (AdminSession | unknown)[] = []
    for (const session of [...liveSessions.sessions.values()]) {
      const seen = asOf(session, now)
      if (seen === undefined) continue
      piece.push(view(seen))
      if (piece.length < PIECE) continue
      yield event('sessions', { sessions: piece })
      piece = []
    }
    yield event('sessions', { sessions: piece, complete: liveSessions.complete })
    while (!signal.aborted && changed.size < MAX_WAITING) {
      if (changed.size > 0 || gone.size > 0) {
        const data = { changed: [...changed.values()].map(view), gone: [...gone] }
        changed.clear()
        gone.clear()
        yield event('change', data)
        continue
      }
      const quiet = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, QUIET_MS, true)
        wake = () => {
          clearTimeout(timer)
          resolve(false)
        }
      })
      if (!quiet) continue
      if (operator !== undefined && !(await users.isStill(operator))) return
      yield event('time', {})
    }
  } finally {
    unwatch()
    leave()
  }
}
