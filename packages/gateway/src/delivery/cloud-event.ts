import { type EventQosStatusChanged, qosStatusChanged, type SessionId, toDateTime } from '@rightofway/camara'
import type { SessionEventRecord } from '../ports/store.js'

/** Where a session is read: the `source` of its events. */
export const sessionUrl = (publicUrl: string, id: SessionId): string =>
  `${publicUrl}/quality-on-demand/v1/sessions/${id}`

/** The id of an event: the same however often, and by whichever gateway, it is sent. */
export const eventId = ({ session, ordinal }: Pick<SessionEventRecord, 'session' | 'ordinal'>): string =>
  `${session}.${ordinal}`

/** The ordinal in an event's id, if it is one of this session's. */
export function ordinalOf(id: string, session: SessionId): number | undefined {
  const [prefix, ordinal, ...rest] = id.split('.')
  return prefix === session && rest.length === 0 && /^[1-9]$/.test(ordinal ?? '') ? Number(ordinal) : undefined
}

/** An event as sinks and streams get it. */
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
