"use strict";
/**
 * For tests of your own sink.
 * @module @rightofway/sdk/testing
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.qodEventRequest = qodEventRequest;
/**
 * A request as a gateway sends it to a sink: hand it to your handler, or to `fetch`.
 * @example
 * const answer = await handler(qodEventRequest({ token: 'secret', status: 'UNAVAILABLE' }))
 */
function qodEventRequest(options = {}) {
    const { url = 'https://sink.example/events', token, sessionId = crypto.randomUUID(), status = 'AVAILABLE' } = options;
    const { time = new Date(), id = `${sessionId}-${status === 'AVAILABLE' ? 1 : 2}` } = options;
    const statusInfo = options.statusInfo ?? (status === 'UNAVAILABLE' ? 'DURATION_EXPIRED' : undefined);
    const event = {
        id,
        source: `https://qod.example/quality-on-demand/v1/sessions/${sessionId}`,
        specversion: '1.0',
        type: 'org.camaraproject.quality-on-demand.v1.qos-status-changed',
        time: time.toISOString(),
        datacontenttype: 'application/json',
        data: { sessionId, qosStatus: status, ...(statusInfo && { statusInfo }) },
    };
    const headers = new Headers({ 'content-type': 'application/cloudevents+json', 'x-correlator': crypto.randomUUID() });
    if (token !== undefined)
        headers.set('authorization', `Bearer ${token}`);
    return new Request(url, { method: 'POST', headers, body: JSON.stringify(event) });
}
