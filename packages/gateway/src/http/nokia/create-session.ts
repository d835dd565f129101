import { after, type CreateSession, type Device, type SessionInfo, toDateTime } from '@rightofway/camara'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Session } from '../../domain/session.js'
import type { EventDialect } from '../../ports/store/sessions.js'
import type { Deps } from '../../usecases/deps.js'
import { createSession as create } from '../../usecases/sessions/create-session.js'
import { toSessionInfo } from '../camara/session-info.js'
import type { CreateAttempts } from './create-attempts.js'

/** A create of theirs: answered at once, with the times that are planned and the device as it was sent. */
export async function createSession(
  deps: Deps,
  attempts: CreateAttempts,
  request: FastifyRequest,
  reply: FastifyReply,
  device: unknown,
  eventDialect?: EventDialect,
): Promise<SessionInfo> {
  const { caller, correlator, correlatorGiven, headers } = request
  const body = request.body as CreateSession
  const session = await create(deps, body, caller, {
    respondAsync: true,
    idempotencyKey:
      (headers['idempotency-key'] as string | undefined) ?? attempts.keyOf(caller.application, body, reply),
    correlator: correlatorGiven ? correlator : undefined,
    eventDialect,
    deviceAsSent: device as Device | undefined,
  })
  return withPlannedTimes(session)
}

/** As the contract shows it; a session that has not started yet shows when it would start and end if it did now. */
export function withPlannedTimes(session: Session): SessionInfo {
  const info = toSessionInfo(session, { compatibility: 'nokia' })
  info.startedAt ??= toDateTime(session.createdAt)
  info.expiresAt ??= toDateTime(after(session.createdAt, session.duration))
  return info
}
