import { type SessionInfo, toDateTime } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import type { Session } from '../../domain/session.js'

/**
 * A session as the contract's schema `SessionInfo` (contract 2.1 and 2.5: which times are shown when).
 *
 * The device has the identifier that resolved it in the create. A key with compatibility `nokia` is shown the device as
 * it was sent.
 *
 * Members are assigned one by one: this runs for every answer, and spreading objects together costs microseconds.
 */
export function toSessionInfo(session: Session, { compatibility }: Pick<Caller, 'compatibility'>): SessionInfo {
  if (session.status === 'RELEASING') throw new TypeError('a deleted session cannot be shown')
  const { id, asked, profile, duration, status } = session
  const info: SessionInfo = {
    sessionId: id,
    applicationServer: asked.applicationServer,
    qosProfile: profile.name,
    duration,
    qosStatus: status,
  }
  const device = (compatibility === 'nokia' ? asked.deviceAsSent : undefined) ?? asked.device
  if (device !== undefined) info.device = device
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
