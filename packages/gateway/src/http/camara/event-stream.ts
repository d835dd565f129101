// Events as server-sent events (HTML standard, section 9.2): ours, beside the sinks of CAMARA.

import { Readable } from 'node:stream'
import { QodError } from '@rightofway/camara'
import type { PublicUrl } from '../../ports/public-url.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { Deps } from '../../usecases/deps.js'
import { eventId, toCloudEvent } from '../../usecases/events/cloud-event.js'

/** For who comes back with something that this gateway never sent. */
export const noSuchEventId = (what: string): QodError =>
  new QodError('INVALID_ARGUMENT', `Last-Event-ID (header) must be the id of ${what}, or absent`)

/** A comment line after that long without an event, so that proxies do not take the stream for dead. */
export const QUIET_MS = 15_000

export interface WatchDeps extends Deps {
  readonly publicUrl: PublicUrl
}

/**
 * The answer that is a stream of events.
 * @param from the id that the caller comes back with where it has not seen an event; absent: none
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
  // Sent at once, so that the caller knows that it is listening. An id without data is remembered, and is no event.
  yield from === undefined ? ': following\n\n' : `: following\nid: ${from}\n\n`
  for await (const event of events) {
    yield event === null
      ? ': still here\n\n'
      : `id: ${eventId(event)}\ndata: ${JSON.stringify(toCloudEvent(event, publicUrl))}\n\n`
  }
}
