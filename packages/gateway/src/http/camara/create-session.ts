import { createSession as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { createSession } from '../../usecases/sessions/create-session.js'
import { route } from '../route.js'
import { createOptionsOf, PREFERENCE_APPLIED, SINK_CODES } from './requests.js'
import { toSessionInfo } from './session-info.js'
import { warningHeaders } from './warning.js'

/** CAMARA quality-on-demand, operation createSession. */
export const createSessionRoute = route({
  operation,
  fieldCodes: SINK_CODES,
  async handle(request, deps: Deps) {
    const { body, caller } = request
    const options = createOptionsOf(request)
    const session = await createSession(deps, body, caller, options)
    const headers = { ...(options.respondAsync && PREFERENCE_APPLIED), ...warningHeaders(deps, session) }
    return { body: toSessionInfo(session, caller), headers }
  },
})
