"use strict";
// The one place where requests go out, and the one place that asks again.
Object.defineProperty(exports, "__esModule", { value: true });
exports.Transport = void 0;
const errors_js_1 = require("./errors.js");
const failure_code_js_1 = require("./failure-code.js");
const members_js_1 = require("./members.js");
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 30_000;
/** A clock that differs by less may just as well agree: `Date` has whole seconds, and the answer was under way. */
const CLOCK_TOLERANCE_MS = 2_000;
/** What says "later", or that somebody in between had no answer. Anything else would be the same again. */
const PASSING = [408, 429, 502, 503, 504];
class Transport {
    #options;
    #aheadMs = 0;
    constructor(options) {
        this.#options = options;
    }
    /** Milliseconds since the epoch, by the endpoint's clock as its answers show it (`Date`). */
    now() {
        return this.#options.time.now() + this.#aheadMs;
    }
    /**
     * The JSON of an answer; undefined where there is none (204).
     * @throws {QodApiError} {QodConnectionError} or the reason of `call.signal`
     */
    send(call) {
        return this.#within(call, async (signal, correlator) => {
            const response = await this.#fetch(call, signal, correlator);
            const text = await textOf(response);
            if (!response.ok)
                throw apiError(response, text, correlator);
            call.onLink?.(response.headers.get('link'));
            if (text === '')
                return undefined;
            try {
                return JSON.parse(text);
            }
            catch (error) {
                const type = response.headers.get('content-type') ?? 'text';
                const message = `${new URL(call.url).origin} answered ${response.status} with ${type} that is not JSON`;
                const outcome = call.effect === 'none' ? 'none' : 'unknown';
                throw new errors_js_1.QodConnectionError(message, 'INVALID_RESPONSE', outcome, correlator, error);
            }
        });
    }
    /** An answer whose body goes on; the time limit is for its beginning. Undefined where there is nothing (204). */
    open(call) {
        return this.#within(call, async (signal, correlator, begun) => {
            const response = await this.#fetch(call, signal, correlator);
            if (!response.ok)
                throw apiError(response, await textOf(response), correlator);
            begun();
            return response.status === 204 ? undefined : response.body;
        });
    }
    /** Attempts, until one is answered for good or the time is up. */
    async #within(call, attempt) {
        const { time, timeoutMs, endpoint, tokens } = this.#options;
        const correlator = endpoint.correlator ? crypto.randomUUID() : undefined;
        const deadline = time.now() + timeoutMs;
        const limit = new AbortController();
        const timer = timeoutMs === Infinity ? undefined : setTimeout(() => limit.abort(), timeoutMs);
        const begun = () => clearTimeout(timer);
        const signal = call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal]);
        // Once an attempt may have been carried out, no later refusal makes that undone.
        let outcome = 'none';
        try {
            for (let tries = 0, renewed = false;;) {
                let failure;
                try {
                    return await attempt(signal, correlator, begun);
                }
                catch (error) {
                    call.signal?.throwIfAborted();
                    if (error instanceof errors_js_1.QodApiError) {
                        failure = error;
                        if (call.effect !== 'none' && mayBeDone(error))
                            outcome = 'unknown';
                        // The token was taken back before its time. Nothing was carried out: once more with a fresh one.
                        if (error.status === 401 && !renewed && tokens.refused()) {
                            renewed = true;
                            continue;
                        }
                    }
                    else if (error instanceof FetchFailed) {
                        if (call.effect !== 'none' && error.code !== 'CONNECT_FAILED')
                            outcome = 'unknown';
                        const late = limit.signal.aborted;
                        const what = late ? `it took longer than ${timeoutMs} ms` : error.message;
                        const message = `no answer from ${new URL(call.url).origin}: ${what}`;
                        failure = new errors_js_1.QodConnectionError(message, late ? 'TIMEOUT' : error.code, outcome, correlator, error.cause);
                    }
                    else if (error instanceof errors_js_1.QodConnectionError) {
                        failure = error;
                        if (error.outcome === 'unknown')
                            outcome = 'unknown';
                    }
                    else
                        throw error;
                }
                Object.assign(failure, { outcome });
                const pause = limit.signal.aborted ? undefined : this.#pauseBeforeNext(call, failure, tries++);
                if (pause === undefined || time.now() + pause >= deadline)
                    throw failure;
                await time.sleep(pause, signal).catch(() => {
                    call.signal?.throwIfAborted();
                    throw failure;
                });
            }
        }
        finally {
            // What goes on after it has begun is no longer timed, and is still aborted by its caller.
            clearTimeout(timer);
        }
    }
    /** Whether to ask again: after how many milliseconds, or undefined for not at all. */
    #pauseBeforeNext(call, failure, tries) {
        if (tries >= this.#options.retries)
            return undefined;
        // Half of it by chance, so that clients that failed together do not come back together.
        const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** tries, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
        if (failure instanceof errors_js_1.QodApiError) {
            if (!PASSING.includes(failure.status))
                return undefined;
            const told = failure.retryAfterSeconds;
            // Refused before anything was done, with a time to come back: right even for what must not be done twice.
            if (call.effect === 'more' && (told === undefined || failure.outcome === 'unknown'))
                return undefined;
            return told === undefined ? backoff : told * 1000;
        }
        if (failure.code === 'INVALID_RESPONSE')
            return undefined;
        // Nothing was done: the request never left. Or doing it again does no more.
        return failure.outcome === 'none' || call.effect === 'same' ? backoff : undefined;
    }
    async #fetch(call, signal, correlator) {
        const { endpoint, tokens, fetch, time } = this.#options;
        const token = await unlessAborted(tokens.get(), signal);
        const headers = {
            accept: 'application/json',
            ...endpoint.authorization(token),
            ...call.headers,
        };
        const init = { method: call.method, headers, signal, redirect: 'manual' };
        if (correlator !== undefined)
            headers['x-correlator'] = correlator;
        if (call.body !== undefined) {
            headers['content-type'] = 'application/json';
            init.body = JSON.stringify(call.body);
        }
        let response;
        try {
            response = await fetch(call.url, init);
        }
        catch (error) {
            throw new FetchFailed(error);
        }
        const ahead = Date.parse(response.headers.get('date') ?? '') - time.now();
        this.#aheadMs = Math.abs(ahead) > CLOCK_TOLERANCE_MS ? ahead : 0;
        return response;
    }
}
exports.Transport = Transport;
/** `fetch` gave up: before, during or after the sending. */
class FetchFailed extends Error {
    code;
    constructor(cause) {
        const [first] = (0, failure_code_js_1.codesOf)(cause);
        super(`the connection failed${first === undefined ? '' : ` (${first})`}`, { cause });
        this.code = (0, failure_code_js_1.failureCode)(cause);
    }
}
/** Whether a refusal may have come after the change. A 503 in the endpoint's words, or with a time, came before it. */
const mayBeDone = ({ status, code, retryAfterSeconds }) => status >= 500 && !(status === 503 && (code !== 'HTTP_503' || retryAfterSeconds !== undefined));
/** What a promise gives, unless the signal is aborted first. */
async function unlessAborted(promise, signal) {
    let onAbort = () => undefined;
    const aborted = new Promise((_resolve, reject) => {
        onAbort = () => reject(new FetchFailed(signal.reason));
        signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
        return await Promise.race([promise, aborted]);
    }
    finally {
        signal.removeEventListener('abort', onAbort);
    }
}
const textOf = (response) => response.text().catch((error) => {
    throw new FetchFailed(error);
});
/** A refusal in the endpoint's words (CAMARA `ErrorInfo`), or what is left to say of one in another form. */
function apiError(response, text, sent) {
    const { status, headers } = response;
    // Not everything in between speaks CAMARA: a proxy answers with a page. The status says what there is to say.
    const { code, message } = (0, members_js_1.membersOf)(text);
    const after = headers.get('retry-after');
    return new errors_js_1.QodApiError({
        status,
        code: typeof code === 'string' ? code : `HTTP_${status}`,
        message: typeof message === 'string' ? message : `the answer was ${status}`,
        correlator: headers.get('x-correlator') ?? sent,
        retryAfterSeconds: after === null ? undefined : retryAfter(after, headers.get('date')),
    });
}
/** RFC 9110 section 10.2.3: seconds, or a date, which counts from the date of the answer. */
function retryAfter(text, date) {
    const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.parse(date ?? '')) / 1000;
    return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
