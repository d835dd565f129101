import { instant, toDateTime } from '@rightofway/camara'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'

/**
 * Said of a session whose sink will not be told of its end, because the access token is good for less time: nobody can
 * give a session another token. undefined where there is nothing to say. Tells the operator too.
 */
export function tokenWarning({ clock, realNow, onShortToken }: Deps, session: Session): string | undefined {
  const { sinkTokenExpiresAt, status, duration } = session
  if (sinkTokenExpiresAt === undefined || (status !== 'AVAILABLE' && status !== 'REQUESTED')) return undefined
  const now = clock.now()
  const left = status === 'AVAILABLE' ? session.expiresAt - now : duration * 1000
  // Tokens expire by the world's clock, sessions by ours: a sandbox moves it.
  if (sinkTokenExpiresAt > realNow() + left) return undefined
  onShortToken(session.id)
  return (
    `The access token of the sink expires at ${toDateTime(instant(sinkTokenExpiresAt))}, before the session ends. ` +
    'Events after that time are not sent.'
  )
}
