import { type EventQosStatusChanged, qosStatusChanged, type SessionId, toDateTime } from '@rightofway/camara'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { EventDialect } from '../../ports/store/sessions.js'

/** Where a session is read: the `source` of its events. */
const sessionUrl = (publicUrl: string, id: SessionId): string => `${publicUrl}/quality-on-demand/v1/sessions/${id}`

/** What names an event. */
export type EventIdentity = Pick<SessionEventRecord, 'session' | 'ordinal'>

/** The id of an event: the same however often, and by whichever gateway, it is sent. */
export const eventId = ({ session, ordinal }: EventIdentity): string => `${session}-${ordinal}`

const EVENT_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([1-9])$/

/** The event that an id names, whatever the case of its letters (RFC 9562 section 4); undefined if it is no such id. */
export function parseEventId(id: string): EventIdentity | undefined {
  const [, session, ordinal] = EVENT_ID.exec(id.toLowerCase()) ?? []
  return session === undefined ? undefined : { session: session as SessionId, ordinal: Number(ordinal) }
}

/** The ordinal in an event's id, if it is one of this session's. */
export function ordinalOf(id: string, session: SessionId): number | undefined {
  const name = parseEventId(id)
  return name?.session === session ? name.ordinal : undefined
}

/** An event as streams get it. */
export const toCloudEvent = (record: SessionEventRecord, publicUrl: string): EventQosStatusChanged =>
  qosStatusChanged({
    id: eventId(record),
    source: sessionUrl(publicUrl, record.session),
    time: toDateTime(record.at),
    data: {
      sessionId: record.session,
      qosStatus: record.report.status,
      ...(record.report.status === 'UNAVAILABLE' && { statusInfo: record.report.statusInfo }),
    },
  })

const TYPES: Readonly<Record<EventDialect, string>> = { 'qod.v0': 'org.camaraproject.qod.v0.qos-status-changed' }

/** An event as the sink of a session gets it: of the type that its API has. */
export function toSinkEvent(record: SessionEventRecord, publicUrl: string, dialect: EventDialect | undefined): object {
  const event = toCloudEvent(record, publicUrl)
  return dialect === undefined ? event : { ...event, type: TYPES[dialect] }
}
