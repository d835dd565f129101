"use strict";
// How a session is followed: by the gateway's own stream of events where there is one, else by asking now and then.
Object.defineProperty(exports, "__esModule", { value: true });
exports.follow = follow;
const errors_js_1 = require("./errors.js");
const server_sent_events_js_1 = require("./server-sent-events.js");
const time_js_1 = require("./time.js");
const FIRST_POLL_MS = 500;
const MAX_REQUESTED_POLL_MS = 5_000;
/** After `expiresAt` the end is near: how long, at first, until it is asked for again. */
const END_POLL_MS = 1_000;
const FIRST_RECONNECT_MS = 250;
const MAX_RECONNECT_MS = 10_000;
/** A stream that never brings anything is still tried that often: what cuts it may be gone. */
const MAX_STREAM_PAUSE_MS = 600_000;
/** For that long an endpoint may be out of reach, restarting or refusing for now. */
const PATIENCE_MS = 300_000;
function follow(api, session, options) {
    const pollMs = (0, time_js_1.checkedMs)('pollMs', options.pollMs === undefined ? api.pollMs : options.pollMs);
    return api.endpoint.extensions
        ? byEvents(api, session, pollMs, options.signal)
        : byPolling(api, session, pollMs, options.signal);
}
async function* byEvents(api, session, pollMs, signal) {
    // A stream begins with what has happened before: what the session showed at the start is no change.
    let known = session.status;
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const patience = new Patience(api);
    let lastEventId;
    let barren = 0;
    try {
        for (;;) {
            let opened = false;
            try {
                const stream = await api.openEvents(session.id, lastEventId, either);
                opened = true;
                patience.renew();
                if (stream !== undefined) {
                    for await (const { id, data } of (0, server_sent_events_js_1.serverSentEvents)(stream)) {
                        const event = JSON.parse(data);
                        const { qosStatus: status, statusInfo } = event.data;
                        if (status !== known) {
                            await refreshed(session, either);
                            known = status;
                            yield { status, statusInfo, at: new Date(event.time) };
                            if (status === 'UNAVAILABLE')
                                return;
                        }
                        barren = 0;
                        // Only now: one that could not be passed on is asked for again.
                        lastEventId = id;
                    }
                }
            }
            catch (error) {
                signal?.throwIfAborted();
                if ((0, errors_js_1.isGone)(error)) {
                    yield GONE;
                    return;
                }
                await patience.wait(error, signal);
            }
            if (!opened)
                continue;
            // Over without an end: cut off, or deleted before it began. The session itself knows which. Something in between may
            // let no stream through, so each that brought nothing makes the next one wait longer, and meanwhile is asked.
            const pause = Math.min(FIRST_RECONNECT_MS * 4 ** barren++, MAX_STREAM_PAUSE_MS);
            yield* byPolling(api, session, pollMs, signal, { known, until: api.time.now() + pause });
            known = session.status;
            if (known === 'UNAVAILABLE')
                return;
        }
    }
    finally {
        stop.abort();
    }
}
/**
 * Asks now and then, until the session has ended.
 * @param pause  between two streams: asks at once, and ends when the next stream's time has come
 */
async function* byPolling(api, session, pollMs, signal, pause) {
    const patience = new Patience(api);
    const pace = new Pace(pollMs);
    let known = pause?.known ?? session.status;
    let asked = pause === undefined;
    for (;;) {
        if (asked) {
            const next = pace.next(session, api.now());
            const left = (pause?.until ?? Infinity) - api.time.now();
            await api.time.sleep(Math.max(0, Math.min(next, left)), signal, true);
            if (next >= left)
                return;
        }
        try {
            await session.refresh({ signal });
            patience.renew();
            asked = true;
        }
        catch (error) {
            signal?.throwIfAborted();
            if ((0, errors_js_1.isGone)(error)) {
                yield GONE;
                return;
            }
            await patience.wait(error, signal);
            asked = false;
            continue;
        }
        if (session.status === known)
            continue;
        // It may have been granted and ended between two questions.
        if (known === 'REQUESTED' && (session.status === 'AVAILABLE' || session.startedAt !== undefined)) {
            yield { status: 'AVAILABLE', statusInfo: undefined, at: session.startedAt };
        }
        known = session.status;
        if (known === 'UNAVAILABLE') {
            yield ending(session);
            return;
        }
    }
}
/** How often to ask: soon, then less, while something is about to happen; seldom while nothing is. */
class Pace {
    #pollMs;
    #requested = 0;
    #overdue = 0;
    constructor(pollMs) {
        this.#pollMs = pollMs;
    }
    /** Milliseconds until the next question. */
    next({ status, expiresAt }, now) {
        if (status === 'REQUESTED')
            return Math.min(FIRST_POLL_MS * 2 ** this.#requested++, MAX_REQUESTED_POLL_MS);
        const left = (expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now;
        if (left > 0)
            return Math.min(left, this.#pollMs);
        return Math.min(END_POLL_MS * 2 ** this.#overdue++, this.#pollMs);
    }
}
const GONE = { status: 'UNAVAILABLE', statusInfo: undefined, at: undefined };
const ending = ({ statusInfo, expiresAt }) => ({
    status: 'UNAVAILABLE',
    statusInfo,
    at: expiresAt,
});
/** Brings the session up to date, as far as the endpoint knows it. */
async function refreshed(session, signal) {
    try {
        await session.refresh({ signal });
    }
    catch (error) {
        if (!(0, errors_js_1.isGone)(error))
            throw error;
    }
}
/** Waits longer and longer for an endpoint that fails, and at last no more. */
class Patience {
    #api;
    #failures = 0;
    #since;
    constructor(api) {
        this.#api = api;
    }
    renew() {
        this.#failures = 0;
        this.#since = undefined;
    }
    /** @throws the error, if it is the endpoint's last word or has lasted too long */
    async wait(error, signal) {
        const { time } = this.#api;
        this.#since ??= time.now();
        const passing = error instanceof errors_js_1.QodConnectionError ||
            (error instanceof errors_js_1.QodApiError && (error.status === 429 || error.status >= 500));
        if (!passing || time.now() - this.#since > PATIENCE_MS)
            throw error;
        const told = error instanceof errors_js_1.QodApiError ? error.retryAfterSeconds : undefined;
        const pause = told === undefined ? Math.min(FIRST_RECONNECT_MS * 2 ** this.#failures++, MAX_RECONNECT_MS) : told * 1000;
        await time.sleep(pause, signal, true);
    }
}
