// How a session is followed: by the gateway's own stream of events where there is one, else by asking now and then.

import type { Api, CallOptions } from './api.js'
import { isGone, QodApiError, QodConnectionError } from './errors.js'
import { serverSentEvents } from './server-sent-events.js'
import { checkedMs } from './time.js'
import type { QosStatus, StatusInfo } from './wire.js'

export interface FollowOptions extends CallOptions {
  /**
   * Of endpoints that tell nothing by themselves, or behind something that lets no stream through: milliseconds between
   * two questions while the session is AVAILABLE, from 1 to 2 147 483 647, or `Infinity`. Default: the client's, 30 000.
   * (While it is REQUESTED they begin at half a second; its end is asked for in time.)
   */
  readonly pollMs?: number | undefined
}

/** A session's status has changed. */
export interface SessionChange {
  readonly status: QosStatus
  /** Why it ended. Undefined while it has not, and where the endpoint has forgotten the session before it could say. */
  readonly statusInfo: StatusInfo | undefined
  /** When it happened; undefined where only the fact is known. */
  readonly at: Date | undefined
}

/** What is followed. */
export interface Followed {
  readonly id: string
  readonly status: QosStatus
  readonly statusInfo: StatusInfo | undefined
  readonly startedAt: Date | undefined
  readonly expiresAt: Date | undefined
  refresh(options: CallOptions): Promise<unknown>
}

const FIRST_POLL_MS = 500
const MAX_REQUESTED_POLL_MS = 5_000
/** After `expiresAt` the end is near: how long, at first, until it is asked for again. */
const END_POLL_MS = 1_000
const FIRST_RECONNECT_MS = 250
const MAX_RECONNECT_MS = 10_000
/** A stream that never brings anything is still tried that often: what cuts it may be gone. */
const MAX_STREAM_PAUSE_MS = 600_000
/** For that long an endpoint may be out of reach, restarting or refusing for now. */
const PATIENCE_MS = 300_000

export function follow(api: Api, session: Followed, options: FollowOptions): AsyncGenerator<SessionChange> {
  const pollMs = checkedMs('pollMs', options.pollMs === undefined ? api.pollMs : options.pollMs)
  return api.endpoint.extensions
    ? byEvents(api, session, pollMs, options.signal)
    : byPolling(api, session, pollMs, options.signal)
}

async function* byEvents(
  api: Api,
  session: Followed,
  pollMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<SessionChange> {
  // A stream begins with what has happened before: what the session showed at the start is no change.
  let known = session.status
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const patience = new Patience(api)
  let lastEventId: string | undefined
  let barren = 0
  try {
    for (;;) {
      let opened = false
      try {
        const stream = await api.openEvents(session.id, lastEventId, either)
        opened = true
        patience.renew()
        if (stream !== undefined) {
          for await (const { id, data } of serverSentEvents(stream)) {
            const event = JSON.parse(data) as { time: string; data: { qosStatus: QosStatus; statusInfo?: StatusInfo } }
            const { qosStatus: status, statusInfo } = event.data
            if (status !== known) {
              await refreshed(session, either)
              known = status
              yield { status, statusInfo, at: new Date(event.time) }
              if (status === 'UNAVAILABLE') return
            }
            barren = 0
            // Only now: one that could not be passed on is asked for again.
            lastEventId = id
          }
        }
      } catch (error) {
        signal?.throwIfAborted()
        if (isGone(error)) {
          yield GONE
          return
        }
        await patience.wait(error, signal)
      }
      if (!opened) continue
      // Over without an end: cut off, or deleted before it began. The session itself knows which. Something in between may
      // let no stream through, so each that brought nothing makes the next one wait longer, and meanwhile is asked.
      const pause = Math.min(FIRST_RECONNECT_MS * 4 ** barren++, MAX_STREAM_PAUSE_MS)
      yield* byPolling(api, session, pollMs, signal, { known, until: api.time.now() + pause })
      known = session.status
      if (known === 'UNAVAILABLE') return
    }
  } finally {
    stop.abort()
  }
}

/**
 * Asks now and then, until the session has ended.
 * @param pause  between two streams: asks at once, and ends when the next stream's time has come
 */
async function* byPolling(
  api: Api,
  session: Followed,
  pollMs: number,
  signal: AbortSignal | undefined,
  pause?: { readonly known: QosStatus; readonly until: number },
): AsyncGenerator<SessionChange> {
  const patience = new Patience(api)
  const pace = new Pace(pollMs)
  let known = pause?.known ?? session.status
  let asked = pause === undefined
  for (;;) {
    if (asked) {
      const next = pace.next(session, api.now())
      const left = (pause?.until ?? Infinity) - api.time.now()
      await api.time.sleep(Math.max(0, Math.min(next, left)), signal, true)
      if (next >= left) return
    }
    try {
      await session.refresh({ signal })
      patience.renew()
      asked = true
    } catch (error) {
      signal?.throwIfAborted()
      if (isGone(error)) {
        yield GONE
        return
      }
      await patience.wait(error, signal)
      asked = false
      continue
    }
    if (session.status === known) continue
    // It may have been granted and ended between two questions.
    if (known === 'REQUESTED' && (session.status === 'AVAILABLE' || session.startedAt !== undefined)) {
      yield { status: 'AVAILABLE', statusInfo: undefined, at: session.startedAt }
    }
    known = session.status
    if (known === 'UNAVAILABLE') {
      yield ending(session)
      return
    }
  }
}

/** How often to ask: soon, then less, while something is about to happen; seldom while nothing is. */
class Pace {
  readonly #pollMs: number
  #requested = 0
  #overdue = 0

  constructor(pollMs: number) {
    this.#pollMs = pollMs
  }

  /** Milliseconds until the next question. */
  next({ status, expiresAt }: Followed, now: number): number {
    if (status === 'REQUESTED') return Math.min(FIRST_POLL_MS * 2 ** this.#requested++, MAX_REQUESTED_POLL_MS)
    const left = (expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now
    if (left > 0) return Math.min(left, this.#pollMs)
    return Math.min(END_POLL_MS * 2 ** this.#overdue++, this.#pollMs)
  }
}

const GONE: SessionChange = { status: 'UNAVAILABLE', statusInfo: undefined, at: undefined }

const ending = ({ statusInfo, expiresAt }: Followed): SessionChange => ({
  status: 'UNAVAILABLE',
  statusInfo,
  at: expiresAt,
})

/** Brings the session up to date, as far as the endpoint knows it. */
async function refreshed(session: Followed, signal: AbortSignal): Promise<void> {
  try {
    await session.refresh({ signal })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Waits longer and longer for an endpoint that fails, and at last no more. */
class Patience {
  readonly #api: Api
  #failures = 0
  #since: number | undefined

  constructor(api: Api) {
    this.#api = api
  }

  renew(): void {
    this.#failures = 0
    this.#since = undefined
  }

  /** @throws the error, if it is the endpoint's last word or has lasted too long */
  async wait(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const { time } = this.#api
    this.#since ??= time.now()
    const passing =
      error instanceof QodConnectionError ||
      (error instanceof QodApiError && (error.status === 429 || error.status >= 500))
    if (!passing || time.now() - this.#since > PATIENCE_MS) throw error
    const told = error instanceof QodApiError ? error.retryAfterSeconds : undefined
    const pause =
      told === undefined ? Math.min(FIRST_RECONNECT_MS * 2 ** this.#failures++, MAX_RECONNECT_MS) : told * 1000
    await time.sleep(pause, signal, true)
  }
}
