"use strict";
// The operations of the APIs, one method each: where it is, what it changes when repeated, and what must come back.
Object.defineProperty(exports, "__esModule", { value: true });
exports.Api = void 0;
const errors_js_1 = require("./errors.js");
/** The longest session that any endpoint promises: 24 h. */
const DAY_S = 86_400;
const UNIT_S = {
    Days: 86_400,
    Hours: 3_600,
    Minutes: 60,
    Seconds: 1,
    Milliseconds: 1e-3,
    Microseconds: 1e-6,
    Nanoseconds: 1e-9,
};
class Api {
    endpoint;
    time;
    pollMs;
    #transport;
    #durations = new Map();
    constructor(endpoint, transport, time, pollMs) {
        this.endpoint = endpoint;
        this.time = time;
        this.pollMs = pollMs;
        this.#transport = transport;
    }
    /** Milliseconds since the epoch, by the endpoint's clock. */
    now() {
        return this.#transport.now();
    }
    async createSession(body, options) {
        const { extensions } = this.endpoint;
        const { idempotencyKey, respondAsync, signal } = options;
        if (idempotencyKey !== undefined)
            this.#mustHave('idempotencyKey');
        if (respondAsync)
            this.#mustHave('respondAsync');
        const headers = extensions
            ? { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() }
            : {};
        if (respondAsync)
            headers['prefer'] = 'respond-async';
        const effect = extensions ? 'same' : 'more';
        const url = this.#sessions();
        try {
            return asSession(await this.#transport.send({ method: 'POST', url, body, effect, headers, signal }), 'unknown');
        }
        catch (error) {
            // Whatever was wrong, the next one asks for the profile's bounds again: they may have been changed.
            this.#durations.delete(body.qosProfile);
            throw error;
        }
    }
    async getSession(id, { signal }) {
        return asSession(await this.#get(this.#sessions(id), signal));
    }
    async getSessionUsage(id, { signal }) {
        this.#mustHave('usage');
        return (await this.#get(`${this.#sessions(id)}/usage`, signal));
    }
    async deleteSession(id, { signal }) {
        await this.#transport.send({ method: 'DELETE', url: this.#sessions(id), effect: 'same', signal });
    }
    async extendSession(id, requestedAdditionalDuration, { signal }) {
        if (!(Number.isInteger(requestedAdditionalDuration) && requestedAdditionalDuration >= 1)) {
            throw new errors_js_1.QodArgumentError('an extension must be a whole number of seconds, at least 1');
        }
        const url = `${this.#sessions(id)}/extend`;
        const body = { requestedAdditionalDuration };
        return asSession(await this.#transport.send({ method: 'POST', url, body, effect: 'more', signal }), 'unknown');
    }
    async retrieveSessions(device, { signal }) {
        const url = `${this.endpoint.qualityOnDemandUrl}/retrieve-sessions`;
        const list = await this.#retrieve(url, device === undefined ? {} : { device }, signal);
        return list.map((info) => asSession(info));
    }
    /** All sessions of the caller, newest first; pages are asked for as they are needed. */
    async *listSessions(filter) {
        this.#mustHave('the list of all sessions');
        const { status, profile, signal } = filter;
        const query = new URLSearchParams();
        if (status)
            query.set('qosStatus', status);
        if (profile)
            query.set('qosProfile', profile);
        let url = `${this.#sessions()}?${query.toString()}`;
        while (url) {
            let next;
            const onLink = (link) => (next = link?.match(/<([^>]*)>; *rel="next"/)?.[1]);
            for (const info of asList(await this.#get(url, signal, onLink)))
                yield asSession(info);
            url = next && new URL(next, url).href;
        }
    }
    /** The stream of a session's events after `lastEventId`; undefined if there will be no more. */
    openEvents(id, lastEventId, signal) {
        const headers = { accept: 'text/event-stream' };
        if (lastEventId !== undefined)
            headers['last-event-id'] = lastEventId;
        return this.#transport.open({ method: 'GET', url: `${this.#sessions(id)}/events`, effect: 'none', headers, signal });
    }
    async getProfile(name, { signal }) {
        const url = `${this.#profilesUrl()}/qos-profiles/${pathSegment('the name of a profile', name)}`;
        return (await this.#get(url, signal));
    }
    async retrieveProfiles(body, { signal }) {
        const url = `${this.#profilesUrl()}/retrieve-qos-profiles`;
        return (await this.#retrieve(url, body, signal));
    }
    /** Seconds that a session has when nobody says how many: 24 h, or less where its profile allows no more. */
    async defaultDuration(profile, options) {
        if (this.endpoint.qosProfilesUrl === undefined)
            return DAY_S;
        const known = this.#durations.get(profile);
        if (known !== undefined)
            return known;
        // Calls at the same time each ask for themselves: one that is ended by its signal ends no other.
        const [found] = await this.retrieveProfiles({ name: profile }, options);
        const duration = maxSeconds(found);
        this.#durations.set(profile, duration);
        return duration;
    }
    /** @throws {QodArgumentError} the endpoint is not ours */
    #mustHave(what) {
        const { extensions, name } = this.endpoint;
        if (!extensions)
            throw new errors_js_1.QodArgumentError(`${what} is Right of Way's: ${name} does not have it`);
    }
    #get(url, signal, onLink) {
        return this.#transport.send({ method: 'GET', url, effect: 'none', signal, onLink });
    }
    /** A list that is asked for with a body. */
    async #retrieve(url, body, signal) {
        return asList(await this.#transport.send({ method: 'POST', url, body, effect: 'none', signal }));
    }
    #sessions(id) {
        const base = `${this.endpoint.qualityOnDemandUrl}/sessions`;
        return id === undefined ? base : `${base}/${pathSegment('the id of a session', id)}`;
    }
    #profilesUrl() {
        const { qosProfilesUrl, name } = this.endpoint;
        if (qosProfilesUrl !== undefined)
            return qosProfilesUrl;
        throw new errors_js_1.QodArgumentError(`this endpoint (${name}) has no qos-profiles API`);
    }
}
exports.Api = Api;
/** A profile that is not listed is for the endpoint to judge. */
function maxSeconds(profile) {
    const { value, unit } = profile?.maxDuration ?? { value: DAY_S, unit: 'Seconds' };
    return Math.min(DAY_S, Math.floor(value * (UNIT_S[unit] ?? 1)));
}
function pathSegment(what, text) {
    if (typeof text !== 'string' || text === '')
        throw new errors_js_1.QodArgumentError(`${what} is missing`);
    return encodeURIComponent(text);
}
function asSession(answer, outcome = 'none') {
    const { sessionId, qosStatus } = Object(answer);
    if (typeof sessionId === 'string' && typeof qosStatus === 'string')
        return answer;
    throw new errors_js_1.QodConnectionError('the answer is no session', 'INVALID_RESPONSE', outcome);
}
function asList(answer) {
    if (Array.isArray(answer))
        return answer;
    throw new errors_js_1.QodConnectionError('the answer is no list', 'INVALID_RESPONSE', 'none');
}
