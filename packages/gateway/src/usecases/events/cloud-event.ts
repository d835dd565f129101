import {
  type AssignmentStatusInfo,
  assignmentStatusChanged,
  type EventQosStatusChanged,
  type EventStatusChanged,
  qosStatusChanged,
  type ResourceId,
  toDateTime,
} from '@rightofway/camara'
import { isAssignmentId } from '../../domain/resource-id.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { EventDialect } from '../../ports/store/sessions.js'

/** Where a session or an assignment is read: the `source` of its events. */
const urlOf = (publicUrl: string, id: ResourceId): string =>
  publicUrl +
  (isAssignmentId(id) ? `/qos-provisioning/v0.4/qos-assignments/${id}` : `/quality-on-demand/v1/sessions/${id}`)

/** What names an event. */
export type EventIdentity = Pick<SessionEventRecord, 'session' | 'ordinal'>

/** The id of an event: the same however often, and by whichever gateway, it is sent. */
export const eventId = ({ session, ordinal }: EventIdentity): string => `${session}-${ordinal}`

const EVENT_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([1-9])$/

/** The event that an id names, whatever the case of its letters (RFC 9562 section 4); undefined if it is no such id. */
export function parseEventId(id: string): EventIdentity | undefined {
  const [, session, ordinal] = EVENT_ID.exec(id.toLowerCase()) ?? []
  return session === undefined ? undefined : { session: session as ResourceId, ordinal: Number(ordinal) }
}

/** The ordinal in an event's id, if it is one of this session's or assignment's. */
export function ordinalOf(id: string, session: ResourceId): number | undefined {
  const name = parseEventId(id)
  return name?.session === session ? name.ordinal : undefined
}

/** An event as streams get it. */
export function toCloudEvent(
  record: SessionEventRecord,
  publicUrl: string,
): EventQosStatusChanged | EventStatusChanged {
  const { session, at, report } = record
  const event = { id: eventId(record), source: urlOf(publicUrl, session), time: toDateTime(at) }
  const statusInfo = report.status === 'UNAVAILABLE' ? report.statusInfo : undefined
  if (isAssignmentId(session)) {
    // Nothing else ends an assignment.
    const why = statusInfo as AssignmentStatusInfo | undefined
    const data = { assignmentId: session, status: report.status, ...(why && { statusInfo: why }) }
    return assignmentStatusChanged({ ...event, data })
  }
  const data = { sessionId: session, qosStatus: report.status, ...(statusInfo && { statusInfo }) }
  return qosStatusChanged({ ...event, data })
}

const TYPES: Readonly<Record<EventDialect, string>> = { 'qod.v0': 'org.camaraproject.qod.v0.qos-status-changed' }

/** An event as a sink gets it: of the type that its API has. */
export function toSinkEvent(record: SessionEventRecord, publicUrl: string, dialect: EventDialect | undefined): object {
  const event = toCloudEvent(record, publicUrl)
  return dialect === undefined ? event : { ...event, type: TYPES[dialect] }
}
