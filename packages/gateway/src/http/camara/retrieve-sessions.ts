import { retrieveSessionsByDevice as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { retrieveSessions } from '../../usecases/sessions/retrieve-sessions.js'
import { route } from '../route.js'
import { toSessionInfo } from './session-info.js'

/** CAMARA quality-on-demand, operation retrieveSessionsByDevice. */
export const retrieveSessionsRoute = route({
  operation,
  async handle({ body, caller }, deps: Deps) {
    const sessions = await retrieveSessions(deps, body, caller)
    return { body: sessions.map((session) => toSessionInfo(session, caller)) }
  },
})
