import { createSession as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { createSession } from '../../usecases/sessions/create-session.js'
import { route } from '../route.js'
import { idempotencyKeyOf, PREFERENCE_APPLIED, prefersAsync, SINK_CODES } from './requests.js'
import { toSessionInfo } from './session-info.js'
import { warningHeaders } from './warning.js'

/** CAMARA quality-on-demand, operation createSession. */
export const createSessionRoute = route({
  operation,
  fieldCodes: SINK_CODES,
  async handle(request, deps: Deps) {
    const { body, caller, correlator, correlatorGiven } = request
    const idempotencyKey = idempotencyKeyOf(request)
    const respondAsync = prefersAsync(request)
    const session = await createSession(deps, body, caller, {
      respondAsync,
      idempotencyKey,
      correlator: correlatorGiven ? correlator : undefined,
    })
    const warning = warningHeaders(deps, session)
    const headers = respondAsync ? { ...PREFERENCE_APPLIED, ...warning } : warning
    return { body: toSessionInfo(session, caller), headers }
  },
})
