"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.QoDSession = void 0;
const errors_js_1 = require("./errors.js");
const follow_js_1 = require("./follow.js");
const show_js_1 = require("./show.js");
/** Where a status can lead: only forward. */
const ORDER = ['REQUESTED', 'AVAILABLE', 'UNAVAILABLE'];
/**
 * A session: a quality of service for the traffic between a device and a server, until its duration ends.
 *
 * It shows what the endpoint said last: `refresh()` asks again, `settled()`, `ended()` and `changes()` follow it. With
 * `await using session = ...` it is deleted where its scope ends.
 */
class QoDSession {
    /** Whose session it is. */
    device;
    #api;
    #info;
    constructor(api, device, info) {
        this.device = device;
        this.#api = api;
        this.#info = info;
    }
    /** @internal */
    static from(api, device, info) {
        return new QoDSession(api, device, info);
    }
    /** A UUID. */
    get id() {
        return this.#info.sessionId;
    }
    /** Name of its QoS profile. */
    get profile() {
        return this.#info.qosProfile;
    }
    /** REQUESTED: asked of the network. AVAILABLE: the network gives it. UNAVAILABLE: it does not, or no longer. */
    get status() {
        return this.#info.qosStatus;
    }
    /** Why it is UNAVAILABLE. Undefined while it is not, and where the endpoint did not say (it forgot the session). */
    get statusInfo() {
        return this.#info.statusInfo;
    }
    /**
     * Seconds. REQUESTED: granted for later. AVAILABLE: from start to end, extensions included. UNAVAILABLE: how long it
     * really was. (A number: where an older client has `session.duration()`, leave the brackets out.)
     */
    get duration() {
        return this.#info.duration;
    }
    /** When it became AVAILABLE; undefined if it has not (yet). */
    get startedAt() {
        return toDate(this.#info.startedAt);
    }
    /** AVAILABLE: when it will end. UNAVAILABLE: when it ended. Undefined if it never started. */
    get expiresAt() {
        return toDate(this.#info.expiresAt);
    }
    /** Seconds until it ends, by the endpoint's clock as its last answer showed it; undefined while it is not AVAILABLE. */
    get remainingSeconds() {
        const { expiresAt } = this;
        if (this.status !== 'AVAILABLE' || expiresAt === undefined)
            return undefined;
        return Math.max(0, (expiresAt.getTime() - this.#api.now()) / 1000);
    }
    get serviceIpv4() {
        return this.#server.ipv4Address;
    }
    get serviceIpv6() {
        return this.#server.ipv6Address;
    }
    get serviceIpAddresses() {
        return this.#server.ipAddresses;
    }
    get servicePorts() {
        return this.#info.applicationServerPorts;
    }
    get devicePorts() {
        return this.#info.devicePorts;
    }
    get sink() {
        return this.#info.sink;
    }
    /**
     * Makes it last longer.
     * @param additionalSeconds  whole seconds, at least 1. The whole duration is capped at what the profile allows:
     *   `duration` and `expiresAt` show what was granted
     * @throws {QodApiError} `QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED` (409) it is not AVAILABLE; `NOT_FOUND` (404)
     * @throws {QodConnectionError} with outcome `unknown` it may have been extended: `refresh()` shows
     * @see CAMARA quality-on-demand, extendQosSessionDuration
     */
    async extend(additionalSeconds, options = {}) {
        this.#update(await this.#api.extendSession(this.id, additionalSeconds, options));
    }
    /**
     * Ends it and lets the network go. One that is gone already is as good as deleted.
     * @throws {QodApiError} {QodConnectionError}
     * @see CAMARA quality-on-demand, deleteSession
     */
    async delete(options = {}) {
        await orGone(this.#api.deleteSession(this.id, options));
        this.#gone();
    }
    /**
     * Asks the endpoint how it is.
     * @throws {QodApiError} `NOT_FOUND` (404) it is gone: deleted, or ended and forgotten
     * @see CAMARA quality-on-demand, getSession
     */
    async refresh(options = {}) {
        try {
            this.#update(await this.#api.getSession(this.id, options));
            return this;
        }
        catch (error) {
            if ((0, errors_js_1.isGone)(error))
                this.#gone();
            throw error;
        }
    }
    /**
     * What it has carried since it began, and how fast it is now. Ours: only a Right of Way gateway answers.
     * @throws {QodApiError} `NOT_FOUND` (404) the session is gone, or its network does not count
     * @throws {QodArgumentError} the endpoint is none of ours
     */
    usage(options = {}) {
        return this.#api.getSessionUsage(this.id, options);
    }
    /**
     * Resolves once the network has decided: the session is AVAILABLE, or UNAVAILABLE.
     * @throws what {@link changes} throws
     */
    async settled(options = {}) {
        if (this.status === 'REQUESTED')
            for await (const _ of this.changes(options))
                break;
        return this;
    }
    /**
     * Resolves once the session has ended. `statusInfo` says why, unless nobody could: an endpoint forgets sessions.
     * @throws what {@link changes} throws
     */
    async ended(options = {}) {
        for await (const _ of this.changes(options))
            ;
        return this;
    }
    /**
     * Every change of status from now on, as it happens; ends when the session has ended.
     *
     * A Right of Way gateway tells of them by itself. Other endpoints are asked, now and then: see `pollMs`. Waiting in
     * between keeps no process alive: a program that has nothing else to do ends.
     * @throws {QodApiError} the endpoint will not say: the key was revoked, say
     * @throws {QodConnectionError} it could not be reached for five minutes
     */
    async *changes(options = {}) {
        if (this.status === 'UNAVAILABLE')
            return;
        for await (const change of (0, follow_js_1.follow)(this.#api, this, options)) {
            if (change.status === 'UNAVAILABLE')
                this.#end(change.statusInfo);
            yield change;
        }
    }
    /** The same as {@link delete}. */
    deleteSession() {
        return this.delete();
    }
    /** The same as {@link extend}. */
    extendSession(additionalSeconds) {
        return this.extend(additionalSeconds);
    }
    [Symbol.asyncDispose]() {
        return this.delete();
    }
    get #server() {
        return this.#info.applicationServer;
    }
    #update(info) {
        // Answers can overtake each other, and nothing brings back what has ended.
        if (ORDER.indexOf(info.qosStatus) >= ORDER.indexOf(this.status))
            this.#info = info;
    }
    /** The endpoint does not know it any more. Why it ended was said before, or never will be. */
    #gone() {
        this.#end(this.statusInfo);
    }
    #end(statusInfo) {
        if (this.status === 'UNAVAILABLE' && this.statusInfo !== undefined)
            return;
        const { statusInfo: _, ...rest } = this.#info;
        this.#info = { ...rest, qosStatus: 'UNAVAILABLE', ...(statusInfo && { statusInfo }) };
    }
}
exports.QoDSession = QoDSession;
(0, show_js_1.showAs)(QoDSession, 'QoDSession', ({ id, status, statusInfo, profile, duration, startedAt, expiresAt }) => ({
    id,
    status,
    ...(statusInfo && { statusInfo }),
    profile,
    duration,
    startedAt,
    expiresAt,
}));
const toDate = (text) => (text === undefined ? undefined : new Date(text));
async function orGone(deleting) {
    try {
        await deleting;
    }
    catch (error) {
        if (!(0, errors_js_1.isGone)(error))
            throw error;
    }
}
