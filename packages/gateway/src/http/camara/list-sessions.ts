import type { SessionId } from '@rightofway/camara'
import { listSessions as operation } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { listSessions } from '../../usecases/sessions/list-sessions.js'
import { route } from '../route.js'
import { toSessionInfo } from './session-info.js'

const MOST = '100'

/** Not CAMARA's: all sessions of the caller. The link to the next page (RFC 8288) is relative to the request URL. */
export const listSessionsRoute = route({
  operation,
  async handle({ query, caller }, deps: Deps) {
    const { qosStatus, qosProfile, limit = MOST, after } = query
    const page = await listSessions(
      deps,
      { ...(qosStatus && { status: qosStatus }), ...(qosProfile !== undefined && { profile: qosProfile }) },
      { limit: Number(limit), after: after as SessionId | undefined },
      caller,
    )
    const next = page.after && new URLSearchParams({ ...query, after: page.after })
    return {
      body: page.sessions.map((session) => toSessionInfo(session, caller)),
      headers: next && { link: `<?${next.toString()}>; rel="next"` },
    }
  },
})
