import { watchSessions as operation } from '@rightofway/camara/schemas'
import { eventId, parseEventId } from '../../usecases/events/cloud-event.js'
import { watchSessions } from '../../usecases/sessions/watch-sessions.js'
import { route } from '../route.js'
import { eventStream, noSuchEventId, QUIET_MS, type WatchDeps } from './event-stream.js'

/** The id to reconnect with before the first event of all: it names none, so that all are sent. */
const BEFORE_ALL = '0'

/** Not CAMARA's: the events of all sessions of a caller as server-sent events. */
export const watchSessionsRoute = route({
  operation,
  async handle(request, deps: WatchDeps) {
    const { caller, signal } = request
    const lastEventId = request.header('last-event-id')
    // An EventSource that has no id yet sends none, or an empty one.
    const after = lastEventId ? parseEventId(lastEventId) : 'now'
    if (after === undefined && lastEventId !== BEFORE_ALL) throw noSuchEventId('an event')
    const { from, events } = await watchSessions(deps, caller, { after, quietMs: QUIET_MS, signal })
    return eventStream(events, deps.publicUrl.value, from === undefined ? BEFORE_ALL : eventId(from))
  },
})
