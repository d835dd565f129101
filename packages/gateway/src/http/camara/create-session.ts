import { QodError } from '@rightofway/camara'
import { IDEMPOTENCY_KEY, createSession as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { createSession } from '../../usecases/sessions/create-session.js'
import { route } from '../route.js'
import { toSessionInfo } from './session-info.js'
import { warningHeaders } from './warning.js'

const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:[;,]|$)/i

/** RFC 7240 section 3. */
const PREFERENCE_APPLIED = { 'preference-applied': 'respond-async' }

/** CAMARA quality-on-demand, operation createSession. */
export const createSessionRoute = route({
  operation,
  fieldCodes: {
    '/sink': 'INVALID_SINK',
    '/sinkCredential/credentialType': 'INVALID_CREDENTIAL',
    '/sinkCredential/accessTokenType': 'INVALID_TOKEN',
  },
  async handle(request, deps: Deps) {
    const { body, caller, correlator, correlatorGiven } = request
    const idempotencyKey = request.header('idempotency-key')
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.pattern.test(idempotencyKey)) {
      throw new QodError('INVALID_ARGUMENT', `Idempotency-Key (header) must be ${IDEMPOTENCY_KEY.allowed}`)
    }
    const respondAsync = RESPOND_ASYNC.test(request.header('prefer') ?? '')
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
