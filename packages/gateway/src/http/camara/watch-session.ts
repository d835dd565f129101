import type { SessionId } from '@rightofway/camara'
import { watchSession as operation } from '@rightofway/camara/schemas'
import { ordinalOf } from '../../usecases/events/cloud-event.js'
import { watchSession } from '../../usecases/resources/watch.js'
import { route } from '../route.js'
import { eventStream, noSuchEventId, QUIET_MS, type WatchDeps } from './event-stream.js'

/** Not CAMARA's: the events of one session as server-sent events. */
export const watchSessionRoute = route({
  operation,
  async handle(request, deps: WatchDeps) {
    const { params, caller, signal } = request
    const id = params.sessionId as SessionId
    const lastEventId = request.header('last-event-id')
    const after = lastEventId ? ordinalOf(lastEventId, id) : 0
    if (after === undefined) throw noSuchEventId('an event of this session')
    const { over, events } = await watchSession(deps, id, caller, { after, quietMs: QUIET_MS, signal })
    // An EventSource does not reconnect after 204.
    return over ? { status: 204 } : eventStream(events, deps.publicUrl.value)
  },
})
