import { Readable } from 'node:stream'
import type { SessionId } from '@rightofway/camara'
import { watchSession as operation } from '@rightofway/camara/schemas'
import { eventId, ordinalOf, toCloudEvent } from '../../delivery/cloud-event.js'
import type { SessionEventRecord } from '../../ports/store.js'
import type { Deps } from '../../usecases/deps.js'
import { watchSession } from '../../usecases/watch-session.js'
import { route } from '../route.js'

/** A comment line after that long without an event, so that proxies do not take the stream for dead. */
const QUIET_MS = 15_000

export interface WatchDeps extends Deps {
  readonly publicUrl: string
}

/** Ours: the events of one session as server-sent events (HTML standard, section 9.2). */
export const watchSessionRoute = route({
  operation,
  async handle(request, deps: WatchDeps) {
    const { params, caller, signal } = request
    const id = params.sessionId as SessionId
    const after = ordinalOf(request.header('last-event-id') ?? '', id) ?? 0
    const { over, events } = await watchSession(deps, id, caller, { after, quietMs: QUIET_MS, signal })
    // To an EventSource 204 says: do not come back.
    if (over) return { status: 204 }
    return {
      body: Readable.from(toText(events, deps.publicUrl), { objectMode: false }),
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    }
  },
})

async function* toText(events: AsyncGenerator<SessionEventRecord | null>, publicUrl: string): AsyncGenerator<string> {
  // Sent at once, so that the caller knows that it is listening.
  yield ': following\n\n'
  for await (const event of events) {
    yield event === null
      ? ': still here\n\n'
      : `id: ${eventId(event)}\ndata: ${JSON.stringify(toCloudEvent(event, publicUrl))}\n\n`
  }
}
