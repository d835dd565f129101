import type { SessionId } from '@rightofway/camara'
import { getSession as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { getSession } from '../../usecases/sessions/get-session.js'
import { route } from '../route.js'
import { toSessionInfo } from './session-info.js'
import { reasonHeaders } from './warning.js'

/** CAMARA quality-on-demand, operation getSession. */
export const getSessionRoute = route({
  operation,
  async handle({ params, caller }, deps: Deps) {
    const session = await getSession(deps, params.sessionId as SessionId, caller)
    return { body: toSessionInfo(session, caller), headers: reasonHeaders(session) }
  },
})
