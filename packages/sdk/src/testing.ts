/**
 * For tests of your own sink.
 * @module @rightofway/sdk/testing
 */

import type { EventQosStatus, EventQosStatusChanged, StatusInfo } from './wire.js'

export interface QodEventRequestOptions {
  /** Where your sink listens. Default: `https://sink.example/events`. */
  readonly url?: string | undefined
  /** The bearer token that the sink expects. Default: none is sent. */
  readonly token?: string | undefined
  /** Default: a new one. */
  readonly sessionId?: string | undefined
  /** Default: AVAILABLE. */
  readonly status?: EventQosStatus | undefined
  /** Default: `DURATION_EXPIRED` for UNAVAILABLE, none for AVAILABLE. */
  readonly statusInfo?: StatusInfo | undefined
  /** Default: the session's first event if AVAILABLE, its second otherwise. A repeat has the same. */
  readonly id?: string | undefined
  /** Default: now. */
  readonly time?: Date | undefined
}

/**
 * A request as a gateway sends it to a sink: hand it to your handler, or to `fetch`.
 * @example
 * const answer = await handler(qodEventRequest({ token: 'secret', status: 'UNAVAILABLE' }))
 */
export function qodEventRequest(options: QodEventRequestOptions = {}): Request {
  const { url = 'https://sink.example/events', token, sessionId = crypto.randomUUID(), status = 'AVAILABLE' } = options
  const { time = new Date(), id = `${sessionId}-${status === 'AVAILABLE' ? 1 : 2}` } = options
  const statusInfo = options.statusInfo ?? (status === 'UNAVAILABLE' ? 'DURATION_EXPIRED' : undefined)
  const event: EventQosStatusChanged = {
    id,
    source: `https://qod.example/quality-on-demand/v1/sessions/${sessionId}`,
    specversion: '1.0',
    type: 'org.camaraproject.quality-on-demand.v1.qos-status-changed',
    time: time.toISOString(),
    datacontenttype: 'application/json',
    data: { sessionId, qosStatus: status, ...(statusInfo && { statusInfo }) },
  }
  const headers = new Headers({ 'content-type': 'application/cloudevents+json', 'x-correlator': crypto.randomUUID() })
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  return new Request(url, { method: 'POST', headers, body: JSON.stringify(event) })
}
