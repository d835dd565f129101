// A session in the admin API.

import { type Mutable, toDateTime } from '@rightofway/camara'
import {
  ApplicationServer,
  closed,
  DateTime,
  DeviceResponse,
  EventQosStatus,
  PortsSpec,
  QosProfileName,
  QosStatus,
  StatusInfo,
} from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import type { DirectionQos } from '../../domain/profile.js'
import type { Session } from '../../domain/session.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import { Id, SessionId } from './schemas.js'

const Direction = closed(
  {
    guaranteedBps: Type.Integer({ description: 'Guaranteed bits per second; 0 means precedence only.' }),
    maximumBps: Type.Optional(Type.Integer({ description: 'Maximum bits per second.' })),
  },
  { title: 'DirectionQos', description: 'The grant of a session in one direction.' },
)

const summary = {
  sessionId: SessionId,
  application: Id,
  network: Id,
  device: Type.String({ description: 'Its id in the directory.' }),
  /** The identifier in the create. */
  asked: Type.Optional(DeviceResponse),
  server: Type.Array(Type.String(), { description: 'Addresses of the server.' }),
  qosProfile: QosProfileName,
  qosStatus: QosStatus,
  statusInfo: Type.Optional(StatusInfo),
  reason: Type.Optional(Type.String({ description: 'Why the session is UNAVAILABLE.' })),
  duration: Type.Integer({ description: 'Seconds.' }),
  createdAt: DateTime,
  startedAt: Type.Optional(DateTime),
  expiresAt: Type.Optional(DateTime),
  endedAt: Type.Optional(DateTime),
  downlink: Direction,
  uplink: Direction,
}

export const AdminSession = closed(summary, { title: 'AdminSession', description: 'A session, as operators list it.' })

const Addresses = closed({ ipv4: Type.Optional(Type.String()), ipv6: Type.Optional(Type.String()) })

const SessionEvent = closed(
  { ordinal: Type.Integer(), at: DateTime, qosStatus: EventQosStatus, statusInfo: Type.Optional(StatusInfo) },
  { title: 'SessionEvent', description: 'A change of status, as it was committed.' },
)

export const AdminSessionDetail = closed(
  {
    ...summary,
    priority: Type.Integer({ description: '1 to 100, a lower value has precedence.' }),
    maxDuration: Type.Integer({ description: 'Maximum duration in seconds, including extensions.' }),
    setUpBy: DateTime,
    deviceAddresses: Addresses,
    applicationServer: ApplicationServer,
    devicePorts: Type.Optional(PortsSpec),
    applicationServerPorts: Type.Optional(PortsSpec),
    sink: Type.Optional(Type.String()),
    counted: Type.Boolean({ description: 'Whether its network measures its traffic.' }),
    networkTold: Type.Boolean({ description: 'No changes are pending at the network.' }),
    without: Type.Optional(
      Type.Array(
        closed(
          { network: Id, reason: Type.String({ description: 'In the words of that network.' }) },
          { title: 'MissingPart', description: 'A part of a combined network.' },
        ),
        { description: 'Parts of its combined network that do not hold it. They are not `required` there.' },
      ),
    ),
    events: Type.Array(SessionEvent),
  },
  { title: 'AdminSessionDetail', description: 'A session with all its details.' },
)

export type AdminSession = Static<typeof AdminSession>
export type AdminSessionDetail = Static<typeof AdminSessionDetail>

/** Runs for thousands at once: members are assigned one by one. */
export function toAdminSession(session: Session): AdminSession {
  if (session.status === 'RELEASING') throw new TypeError('a deleted session cannot be shown')
  const { id, owner, network, device, asked, flow, profile, status } = session
  const view: Mutable<AdminSession> = {
    sessionId: id,
    application: owner,
    network,
    device,
    server: flow.server as readonly string[] as string[],
    qosProfile: profile.name,
    qosStatus: status,
    duration: session.duration,
    createdAt: toDateTime(session.createdAt),
    downlink: toDirection(profile.qos.downlink),
    uplink: toDirection(profile.qos.uplink),
  }
  if (asked.device !== undefined) view.asked = asked.device
  if (status === 'REQUESTED') return view
  if (session.startedAt !== undefined) view.startedAt = toDateTime(session.startedAt)
  if (status === 'AVAILABLE') view.expiresAt = toDateTime(session.expiresAt)
  else {
    view.statusInfo = session.statusInfo
    if (session.reason !== undefined) view.reason = session.reason
    view.endedAt = toDateTime(session.endedAt)
  }
  return view
}

export function toAdminSessionDetail(
  session: Session,
  events: readonly SessionEventRecord[],
  {
    networkTold,
    counted,
    without,
  }: Pick<AdminSessionDetail, 'networkTold' | 'counted'> & { readonly without: Readonly<Record<string, string>> },
): AdminSessionDetail {
  const { asked, flow, profile, setUpBy } = session
  const view: Mutable<AdminSessionDetail> = {
    ...toAdminSession(session),
    priority: profile.qos.priority,
    maxDuration: profile.maxDuration,
    setUpBy: toDateTime(setUpBy),
    deviceAddresses: flow.device,
    applicationServer: asked.applicationServer,
    counted,
    networkTold,
    events: events.map(({ ordinal, at, report }) => ({
      ordinal,
      at: toDateTime(at),
      qosStatus: report.status,
      ...(report.status === 'UNAVAILABLE' && { statusInfo: report.statusInfo }),
    })),
  }
  if (asked.devicePorts !== undefined) view.devicePorts = asked.devicePorts
  if (asked.applicationServerPorts !== undefined) view.applicationServerPorts = asked.applicationServerPorts
  if (asked.sink !== undefined) view.sink = asked.sink
  const missing = Object.entries(without)
  if (missing.length > 0) view.without = missing.map(([network, reason]) => ({ network, reason }))
  return view
}

const toDirection = ({ guaranteed, maximum }: DirectionQos) =>
  maximum === undefined ? { guaranteedBps: guaranteed } : { guaranteedBps: guaranteed, maximumBps: maximum }
