"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Device = void 0;
const create_arguments_js_1 = require("./create-arguments.js");
const errors_js_1 = require("./errors.js");
const session_js_1 = require("./session.js");
const show_js_1 = require("./show.js");
/** A device, by the names that it was given; or, from `devices.fromToken()`, whichever the access token speaks for. */
class Device {
    #api;
    #identifiers;
    constructor(api, identifiers) {
        this.#api = api;
        this.#identifiers = identifiers;
    }
    /** @internal */
    static from(api, identifiers) {
        return new Device(api, identifiers);
    }
    /** Its names as they are sent. Personal data; `console.log` of a device shows only which kinds there are. */
    get identifiers() {
        return this.#identifiers;
    }
    get networkAccessIdentifier() {
        return this.#identifiers?.networkAccessIdentifier;
    }
    /** With a leading `+`. */
    get phoneNumber() {
        return this.#identifiers?.phoneNumber;
    }
    get ipv4Address() {
        return this.#identifiers?.ipv4Address;
    }
    get ipv6Address() {
        return this.#identifiers?.ipv6Address;
    }
    async createQodSession(first, second, serviceIpv6, seconds) {
        const options = (0, create_arguments_js_1.createOptions)(first, second, serviceIpv6, seconds);
        const asked = (0, create_arguments_js_1.createBody)(options);
        const duration = options.duration ?? (await this.#api.defaultDuration(options.profile, options));
        const body = { ...asked, duration };
        if (this.#identifiers !== undefined)
            body.device = this.#identifiers;
        return session_js_1.QoDSession.from(this.#api, this, await this.#api.createSession(body, options));
    }
    /**
     * Its sessions that this application made: live ones first. An empty list means that there are none.
     * @throws {QodApiError} {QodConnectionError}
     * @see CAMARA quality-on-demand, retrieveSessionsByDevice
     */
    async sessions(options = {}) {
        const found = await this.#api.retrieveSessions(this.#identifiers, options);
        return found.map((info) => session_js_1.QoDSession.from(this.#api, this, info));
    }
    /**
     * Deletes its sessions, and waits for all of them.
     * @throws {QodClearError} some could not be deleted, each with its reason; the others were
     * @throws {QodApiError} {QodConnectionError} they could not be listed
     */
    async clearSessions(options = {}) {
        // A list may be cut: ask again until what it shows was seen before.
        const seen = new Set();
        const failures = [];
        for (;;) {
            const found = (await this.sessions(options)).filter(({ id }) => !seen.has(id));
            if (found.length === 0)
                break;
            await Promise.all(found.map(async (session) => {
                seen.add(session.id);
                await session.delete(options).catch((error) => failures.push({ sessionId: session.id, error }));
            }));
        }
        if (failures.length > 0)
            throw new errors_js_1.QodClearError(failures, seen.size);
    }
}
exports.Device = Device;
(0, show_js_1.showAs)(Device, 'Device', ({ identifiers }) => ({
    identifiedBy: identifiers === undefined ? ['token'] : Object.keys(identifiers),
}));
