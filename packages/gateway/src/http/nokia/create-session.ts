import { after, type SessionInfo, toDateTime } from '@rightofway/camara'
import type { createSession as operation } from '@rightofway/camara/schemas'
import type { Session } from '../../domain/session.js'
import type { EventDialect } from '../../ports/store/sessions.js'
import type { Deps } from '../../usecases/deps.js'
import { createSession as create } from '../../usecases/sessions/create-session.js'
import { toSessionInfo } from '../camara/session-info.js'
import type { RouteRequest } from '../route.js'
import type { CreateAttempts } from './create-attempts.js'
import { isMembers, tolerate } from './tolerance.js'

/** A create of Nokia's clients: answered at once. The session shows the device as it was sent. */
export function createSession(
  deps: Deps,
  attempts: CreateAttempts,
  request: RouteRequest<typeof operation>,
  eventDialect?: EventDialect,
): Promise<Session> {
  const { body, sent, caller, correlator, correlatorGiven } = request
  return create(deps, body, caller, {
    respondAsync: true,
    idempotencyKey: request.header('idempotency-key') ?? attempts.keyOf(request),
    correlator: correlatorGiven ? correlator : undefined,
    eventDialect,
    deviceAsSent: isMembers(sent) ? tolerate(sent).device : undefined,
  })
}

/** As in the contract; a session that has not started shows its times as if it started now. */
export function withPlannedTimes(session: Session): SessionInfo {
  const info = toSessionInfo(session, { compatibility: 'nokia' })
  info.startedAt ??= toDateTime(session.createdAt)
  info.expiresAt ??= toDateTime(after(session.createdAt, session.duration))
  return info
}
