import { type SessionInfo, toDateTime } from '@rightofway/camara'
import type { Session } from '../../domain/session.js'

/**
 * A session as the contract shows it (schema `SessionInfo`; which times are shown when: contract 2.1 and 2.5).
 *
 * Members are assigned one by one: this runs for every answer, and spreading objects together costs microseconds.
 */
export function toSessionInfo(session: Session): SessionInfo {
  if (session.status === 'RELEASING') throw new TypeError('a session that is gone has nothing to show')
  const { id, asked, profile, duration, status } = session
  const info: SessionInfo = {
    sessionId: id,
    applicationServer: asked.applicationServer,
    qosProfile: profile.name,
    duration,
    qosStatus: status,
  }
  if (asked.device !== undefined) info.device = asked.device
  if (asked.devicePorts !== undefined) info.devicePorts = asked.devicePorts
  if (asked.applicationServerPorts !== undefined) info.applicationServerPorts = asked.applicationServerPorts
  if (asked.sink !== undefined) info.sink = asked.sink
  if (status === 'REQUESTED') return info
  if (status === 'UNAVAILABLE') info.statusInfo = session.statusInfo
  if (session.startedAt !== undefined) {
    info.startedAt = toDateTime(session.startedAt)
    info.expiresAt = toDateTime(status === 'AVAILABLE' ? session.expiresAt : session.endedAt)
  }
  return info
}
