import { type SessionId, seconds } from '@rightofway/camara'
import { extendQosSessionDuration as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { extendSession } from '../../usecases/sessions/extend-session.js'
import { route } from '../route.js'
import { toSessionInfo } from './session-info.js'
import { warningHeaders } from './warning.js'

/** CAMARA quality-on-demand, operation extendQosSessionDuration. */
export const extendSessionRoute = route({
  operation,
  async handle({ params, body, caller }, deps: Deps) {
    const by = seconds(body.requestedAdditionalDuration)
    const session = await extendSession(deps, params.sessionId as SessionId, by, caller)
    return { body: toSessionInfo(session, caller), headers: warningHeaders(deps, session) }
  },
})
