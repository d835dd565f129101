"use strict";
// The receiving end of events: what comes to a sink, whichever framework took it.
Object.defineProperty(exports, "__esModule", { value: true });
exports.parseQodEvent = parseQodEvent;
const errors_js_1 = require("./errors.js");
const signature_js_1 = require("./signature.js");
const EVENT_TYPE = /^org\.camaraproject\.(quality-on-demand|qod)\.v\d+\.qos-status-changed$/;
const STATUSES = ['AVAILABLE', 'UNAVAILABLE'];
/** Far above any event: 64 KiB. */
const MAX_BYTES = 65_536;
/**
 * The event that a request to a sink carries.
 * @throws {QodEventError} it is not from who may send events, or no event; `error.status` is what to answer
 * @throws {QodArgumentError} a signature cannot be verified: `secret` is none, or the body was parsed before; or what is
 *   given is no request
 * @example
 * const event = await parseQodEvent(request, { token: process.env.SINK_TOKEN })
 */
async function parseQodEvent(request, options) {
    const { token, secret } = options;
    // Who sends it comes first: nobody else's body is worth reading.
    if (token !== null &&
        !(await (0, signature_js_1.isOneOf)(/^Bearer +(.*)$/i.exec(headerOf(request, 'authorization'))?.[1] ?? '', [token].flat()))) {
        throw new errors_js_1.QodEventError(401, 'the request carries no bearer token that events of ours would carry');
    }
    const body = await bodyOf(request);
    const text = 'text' in body ? body.text : undefined;
    const id = secret === undefined ? undefined : await (0, signature_js_1.verifySignature)(text, (name) => headerOf(request, name), [secret].flat());
    const event = toEvent('text' in body ? parse(body.text) : body.parsed);
    if (id !== undefined && event.id !== id)
        throw new errors_js_1.QodEventError(401, "webhook-id is not the event's id");
    return event;
}
function headerOf({ headers }, name) {
    if (!headers)
        throw new errors_js_1.QodArgumentError("the request has no headers: give the Request (in Hono c.req.raw) or Node's");
    // Told by its method: test environments and polyfills have classes of their own.
    const value = typeof headers.get === 'function' ? headers.get(name) : headers[name];
    return typeof value === 'string' ? value : '';
}
async function bodyOf(request) {
    const { body, rawBody, readableEnded, bodyUsed } = request;
    const given = rawBody ?? body;
    if (typeof given === 'string')
        return { text: given };
    if (ArrayBuffer.isView(given))
        return { text: await readText([given]) };
    const wasRead = readableEnded ?? bodyUsed;
    if (isStream(given))
        return { text: await readText(given, wasRead) };
    // Express 4 gives `{}` for a body that its parser did not take, and leaves the request unread.
    const unread = isStream(request) && !wasRead && Object.keys(Object(given)).length === 0;
    return given == null || unread ? { text: await readText(request, wasRead) } : { parsed: given };
}
const isStream = (value) => 'getReader' in Object(value) || Symbol.asyncIterator in Object(value);
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        throw new errors_js_1.QodEventError(400, 'the body is not JSON');
    }
}
async function readText(source, wasRead = false) {
    const decoder = new TextDecoder();
    let text = '';
    let length = 0;
    try {
        for await (const chunk of chunksOf(source)) {
            length += chunk.length;
            if (length > MAX_BYTES)
                break;
            text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
        }
    }
    catch {
        wasRead = true;
    }
    if (wasRead)
        throw new errors_js_1.QodEventError(400, 'the body was read before, or broke off');
    if (length > MAX_BYTES)
        throw new errors_js_1.QodEventError(413, `an event has at most ${MAX_BYTES} bytes`);
    return text;
}
async function* chunksOf(source) {
    if ('getReader' in Object(source)) {
        const reader = source.getReader();
        for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
            yield chunk.value;
    }
    else if (Symbol.asyncIterator in Object(source) || Array.isArray(source)) {
        yield* source;
    }
}
function toEvent(body) {
    const { id, source, type, specversion, time, data } = Object(body);
    const { sessionId, qosStatus, statusInfo } = Object(data);
    const texts = [id, source, type, time, sessionId].every((value) => typeof value === 'string' && value !== '');
    const at = new Date(time);
    if (!texts || specversion !== '1.0' || !EVENT_TYPE.test(type) || Number.isNaN(at.getTime())) {
        throw new errors_js_1.QodEventError(400, 'the body is no CloudEvent 1.0 that tells of a session');
    }
    if (!STATUSES.includes(qosStatus))
        throw new errors_js_1.QodEventError(400, 'data.qosStatus must be AVAILABLE or UNAVAILABLE');
    return {
        id: id,
        source: source,
        type: type,
        time: at,
        sessionId: sessionId,
        status: qosStatus,
        statusInfo: statusInfo,
    };
}
