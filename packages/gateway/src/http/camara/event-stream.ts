// Server-sent events (HTML standard, section 9.2), in addition to CAMARA's sinks.

import { Readable } from 'node:stream'
import { QodError, type ResourceId } from '@rightofway/camara'
import type { PublicUrl } from '../../ports/public-url.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { Deps } from '../../usecases/deps.js'
import { eventId, ordinalOf, toCloudEvent } from '../../usecases/events/cloud-event.js'

/** The refusal of a Last-Event-ID that this gateway never sent. */
export const noSuchEventId = (what: string): QodError =>
  new QodError('INVALID_ARGUMENT', `Last-Event-ID (header) must be the id of ${what}, or absent`)

/**
 * The ordinal of the event that the caller saw last, of one session or assignment. 0: none.
 * @param what such an event, for the error
 * @throws {QodError} `INVALID_ARGUMENT` the id in Last-Event-ID is of no such event
 */
export function lastSeen(request: { header(name: string): string | undefined }, id: ResourceId, what: string): number {
  const lastEventId = request.header('last-event-id')
  const ordinal = lastEventId ? ordinalOf(lastEventId, id) : 0
  if (ordinal === undefined) throw noSuchEventId(what)
  return ordinal
}

/** Without an event for that long, a comment line is sent, so that proxies do not close the stream. */
export const QUIET_MS = 15_000

export interface WatchDeps extends Deps {
  readonly publicUrl: PublicUrl
}

/**
 * An answer that streams events.
 * @param from the id with which the caller reconnects before it has seen an event; absent: none
 */
export const eventStream = (
  events: AsyncGenerator<SessionEventRecord | null>,
  publicUrl: string,
  from?: string,
): { body: Readable; headers: Record<string, string> } => ({
  body: Readable.from(toText(events, publicUrl, from), { objectMode: false }),
  headers: { 'x-accel-buffering': 'no' },
})

async function* toText(
  events: AsyncGenerator<SessionEventRecord | null>,
  publicUrl: string,
  from: string | undefined,
): AsyncGenerator<string> {
  // Sent at once, so that the caller knows that the stream is open. An id without data is stored, and is no event.
  yield from === undefined ? ': following\n\n' : `: following\nid: ${from}\n\n`
  for await (const event of events) {
    yield event === null
      ? ': still here\n\n'
      : `id: ${eventId(event)}\ndata: ${JSON.stringify(toCloudEvent(event, publicUrl))}\n\n`
  }
}
