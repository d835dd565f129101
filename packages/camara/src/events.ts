import type { EventQosStatusChanged, EventStatusChanged } from './types.js'

/** Media type of an event sent to a sink: CloudEvents 1.0, structured JSON. */
export const EVENT_MEDIA_TYPE = 'application/cloudevents+json'

/** Event type of quality-on-demand 1.x (`QosEventType`). */
export const QOS_STATUS_CHANGED = 'org.camaraproject.quality-on-demand.v1.qos-status-changed'

/** Event type of qos-provisioning 0.x. */
export const ASSIGNMENT_STATUS_CHANGED = 'org.camaraproject.qos-provisioning.v0.status-changed'

export interface StatusChange<D = EventQosStatusChanged['data']> {
  /** Unique within `source`, and the same on every attempt to deliver it. */
  readonly id: string
  /** URL of the session, or assignment, of the event. */
  readonly source: string
  /** RFC 3339, when the status changed. */
  readonly time: string
  readonly data: D
}

/** The CloudEvent for one change of a session's status (schema `EventQosStatusChanged`). */
export function qosStatusChanged({ id, source, time, data }: StatusChange): EventQosStatusChanged {
  return { id, source, specversion: '1.0', type: QOS_STATUS_CHANGED, time, datacontenttype: 'application/json', data }
}

/** The CloudEvent for one change of an assignment's status (schema `EventStatusChanged`). */
export function assignmentStatusChanged({
  id,
  source,
  time,
  data,
}: StatusChange<EventStatusChanged['data']>): EventStatusChanged {
  const type = ASSIGNMENT_STATUS_CHANGED
  return { id, source, specversion: '1.0', type, time, datacontenttype: 'application/json', data }
}
