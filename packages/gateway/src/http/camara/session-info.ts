import { type SessionInfo, toDateTime } from '@rightofway/camara'
import type { Session } from '../../domain/session.js'

/** A session as the contract shows it (schema `SessionInfo`; which times are shown when: contract 2.1 and 2.5). */
export function toSessionInfo(session: Session): SessionInfo {
  const { id, asked, profile, duration, status } = session
  const common = {
    sessionId: id as string,
    ...(asked.device && { device: asked.device }),
    applicationServer: asked.applicationServer,
    ...(asked.devicePorts && { devicePorts: asked.devicePorts }),
    ...(asked.applicationServerPorts && { applicationServerPorts: asked.applicationServerPorts }),
    qosProfile: profile.name,
    ...(asked.sink !== undefined && { sink: asked.sink }),
    duration,
  }
  switch (status) {
    case 'REQUESTED':
      return { ...common, qosStatus: status }
    case 'AVAILABLE': {
      const { startedAt, expiresAt } = session
      return { ...common, startedAt: toDateTime(startedAt), expiresAt: toDateTime(expiresAt), qosStatus: status }
    }
    case 'UNAVAILABLE': {
      const { startedAt, endedAt, statusInfo } = session
      return {
        ...common,
        ...(startedAt !== undefined && { startedAt: toDateTime(startedAt), expiresAt: toDateTime(endedAt) }),
        qosStatus: status,
        statusInfo,
      }
    }
    case 'GONE':
      throw new TypeError('a session that is gone has nothing to show')
  }
}
