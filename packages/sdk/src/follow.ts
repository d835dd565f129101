// Follows a session: by the gateway's event stream if there is one, otherwise by polling.

import type { Api, CallOptions } from './api.js'
import { isGone, QodApiError, QodConnectionError } from './errors.js'
import { serverSentEvents } from './server-sent-events.js'
import { checkedMs } from './time.js'
import type { QosStatus, StatusInfo } from './wire.js'

export interface FollowOptions extends CallOptions {
  /**
   * For endpoints without an event stream, or behind a proxy that blocks it: milliseconds between two polls while the
   * session is AVAILABLE, from 1 to 2 147 483 647, or `Infinity`. Default: the client's `pollMs`, 30 000. (While the
   * session is REQUESTED, polling starts at every half second. Its end is polled for on time.)
   */
  readonly pollMs?: number | undefined
}

/** The status of a session, or of an assignment, has changed. */
export interface SessionChange {
  readonly status: QosStatus
  /** Why it ended. Undefined while it has not ended, or if the endpoint has already forgotten the session. */
  readonly statusInfo: StatusInfo | undefined
  /** When it happened; undefined if the time is unknown. */
  readonly at: Date | undefined
}

/** The session, or assignment, that is followed. */
export interface Followed {
  readonly id: string
  readonly status: QosStatus
  readonly statusInfo: StatusInfo | undefined
  readonly startedAt: Date | undefined
  readonly expiresAt: Date | undefined
  refresh(options: CallOptions): Promise<unknown>
}

/** An event of a session, or of an assignment. */
interface StreamedEvent {
  readonly time: string
  readonly data: ({ readonly qosStatus: QosStatus } | { readonly status: QosStatus }) & {
    readonly statusInfo?: StatusInfo
  }
}

const FIRST_POLL_MS = 500
const MAX_REQUESTED_POLL_MS = 5_000
/** The first interval between polls after `expiresAt`, when the end is near. */
const END_POLL_MS = 1_000
const FIRST_RECONNECT_MS = 250
const MAX_RECONNECT_MS = 10_000
/** A stream that brings no events is still retried at this interval: the proxy that cuts it may be gone. */
const MAX_STREAM_PAUSE_MS = 600_000
/** How long an endpoint may be unreachable, restarting or refusing temporarily. */
const PATIENCE_MS = 300_000

/** Opens the stream of events after one; undefined if there are no more to come. */
type OpenEvents = (lastEventId: string | undefined, signal: AbortSignal) => ReturnType<Api['openEvents']>

export function follow(
  api: Api,
  session: Followed,
  options: FollowOptions,
  openEvents: OpenEvents,
): AsyncGenerator<SessionChange> {
  const pollMs = checkedMs('pollMs', options.pollMs === undefined ? api.pollMs : options.pollMs)
  return api.endpoint.extensions
    ? byEvents(api, session, pollMs, options.signal, openEvents)
    : byPolling(api, session, pollMs, options.signal)
}

async function* byEvents(
  api: Api,
  session: Followed,
  pollMs: number,
  signal: AbortSignal | undefined,
  openEvents: OpenEvents,
): AsyncGenerator<SessionChange> {
  // A stream begins with past events. The status that the session had at the start is not a change.
  let known = session.status
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  // A proxy may remove `Last-Event-ID`: then each stream begins with the same events.
  const seen = new Set<string | undefined>()
  let lastEventId: string | undefined
  let barren = 0
  try {
    for (;;) {
      try {
        const stream = await openEvents(lastEventId, either)
        if (stream !== undefined) {
          for await (const { id, data } of serverSentEvents(stream)) {
            const event = JSON.parse(data) as StreamedEvent
            const { statusInfo } = event.data
            const status = 'qosStatus' in event.data ? event.data.qosStatus : event.data.status
            if (status !== known) {
              await refreshed(session, either)
              known = status
              yield { status, statusInfo, at: new Date(event.time) }
              if (status === 'UNAVAILABLE') return
            }
            if (!seen.has(id)) barren = 0
            seen.add(id)
            // Set only after the event was passed on, so that one that failed is requested again.
            lastEventId = id
          }
        }
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof QodApiError || error instanceof QodConnectionError)) throw error
        if (isPassing(error)) await api.time.sleep(toldPauseMs(error) ?? 0, signal, true)
      }
      // There is no stream (any more), but the session has not ended: the stream was cut off or refused, or the session
      // was deleted before it began. A refresh shows which, and whether the session itself is refused. A proxy may block
      // streams, so each stream without new events makes the pause before the next one longer; polling fills the pause.
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
 * Polls until the session has ended.
 * @param pause the pause between two streams: polls at once, and ends when it is time for the next stream
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
    // It may have been granted and ended between two polls.
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

/** The poll intervals: short and growing while a change is expected, long otherwise. */
class Pace {
  readonly #pollMs: number
  #requested = 0
  #overdue = 0

  constructor(pollMs: number) {
    this.#pollMs = pollMs
  }

  /** Milliseconds until the next poll. */
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

/** Refreshes the session, if the endpoint still knows it. */
async function refreshed(session: Followed, signal: AbortSignal): Promise<void> {
  try {
    await session.refresh({ signal })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Waits with growing pauses while an endpoint fails, and gives up after a limit. */
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

  /** @throws the error, if it is permanent or has lasted too long */
  async wait(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const { time } = this.#api
    this.#since ??= time.now()
    if (!isPassing(error) || time.now() - this.#since > PATIENCE_MS) throw error
    const pause = toldPauseMs(error) ?? Math.min(FIRST_RECONNECT_MS * 2 ** this.#failures++, MAX_RECONNECT_MS)
    await time.sleep(pause, signal, true)
  }
}

/** Whether the same call may succeed later. */
const isPassing = (error: unknown): boolean =>
  error instanceof QodConnectionError || (error instanceof QodApiError && (error.status === 429 || error.status >= 500))

/** Milliseconds that a refusal asks its caller to wait. */
function toldPauseMs(error: unknown): number | undefined {
  const seconds = error instanceof QodApiError ? error.retryAfterSeconds : undefined
  return seconds === undefined ? undefined : seconds * 1000
}
