import type { SessionId } from '@rightofway/camara'
import { watchSession as operation } from '@rightofway/camara/schemas'
import { watchSession } from '../../usecases/resources/watch.js'
import { route } from '../route.js'
import { eventStream, lastSeen, QUIET_MS, type WatchDeps } from './event-stream.js'

/** Not CAMARA's: the events of one session as server-sent events. */
export const watchSessionRoute = route({
  operation,
  async handle(request, deps: WatchDeps) {
    const { params, caller, signal } = request
    const id = params.sessionId as SessionId
    const after = lastSeen(request, id, 'an event of this session')
    const { over, events } = await watchSession(deps, id, caller, { after, quietMs: QUIET_MS, signal })
    // An EventSource does not reconnect after 204.
    return over ? { status: 204 } : eventStream(events, deps.publicUrl.value)
  },
})
