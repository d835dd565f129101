import type { SessionId } from '@rightofway/camara'
import { deleteSession as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { deleteSession } from '../../usecases/sessions/delete-session.js'
import { route } from '../route.js'

/** CAMARA quality-on-demand, operation deleteSession. */
export const deleteSessionRoute = route({
  operation,
  async handle({ params, caller }, deps: Deps) {
    await deleteSession(deps, params.sessionId as SessionId, caller)
    return {}
  },
})
