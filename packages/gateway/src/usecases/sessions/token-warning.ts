import { instant, toDateTime } from '@rightofway/camara'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'

/**
 * Warns of a session whose sink will not get the event of its end, because the access token expires earlier. No request
 * can replace the token. undefined: there is no warning. The operator is warned too.
 */
export function tokenWarning({ clock, realNow, onShortToken }: Deps, session: Session): string | undefined {
  const { sinkTokenExpiresAt, status, duration } = session
  if (sinkTokenExpiresAt === undefined || (status !== 'AVAILABLE' && status !== 'REQUESTED')) return undefined
  const now = clock.now()
  const left = status === 'AVAILABLE' ? session.expiresAt - now : duration * 1000
  // Tokens expire by real time, sessions by the clock that a sandbox can move.
  if (sinkTokenExpiresAt > realNow() + left) return undefined
  onShortToken(session.id)
  return (
    `The access token of the sink expires at ${toDateTime(instant(sinkTokenExpiresAt))}, before the session ends. ` +
    'Events after that time are not sent.'
  )
}
