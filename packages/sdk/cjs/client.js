"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.NetworkAsCodeClient = void 0;
const api_js_1 = require("./api.js");
const device_js_1 = require("./device.js");
const endpoint_js_1 = require("./endpoint.js");
const errors_js_1 = require("./errors.js");
const identifiers_js_1 = require("./identifiers.js");
const session_js_1 = require("./session.js");
const show_js_1 = require("./show.js");
const time_js_1 = require("./time.js");
const tokens_js_1 = require("./tokens.js");
const transport_js_1 = require("./transport.js");
/**
 * The way to an endpoint that gives quality on demand.
 * @example
 * const client = new NetworkAsCodeClient({ token: '<your-application-key>' })
 * @example
 * const client = new NetworkAsCodeClient({ endpoint: nokia(), token: '<your-application-key>' })
 */
class NetworkAsCodeClient {
    devices;
    sessions;
    profiles;
    #endpoint;
    constructor(options, time = time_js_1.realTime) {
        const { token, oauth, baseUrl, endpoint, timeoutMs = 30_000, retries = 2, pollMs = 30_000, ...rest } = typeof options === 'string' ? { token: options } : options;
        if (endpoint !== undefined && (baseUrl !== undefined || oauth !== undefined)) {
            throw new errors_js_1.QodArgumentError('baseUrl and oauth belong to the endpoint where one is given: camara({ baseUrl, oauth })');
        }
        (0, time_js_1.checkedMs)('timeoutMs', timeoutMs);
        (0, time_js_1.checkedMs)('pollMs', pollMs);
        if (!(retries >= 0 && (Number.isInteger(retries) || retries === Infinity))) {
            throw new errors_js_1.QodArgumentError('retries must be a whole number from 0 on, or Infinity');
        }
        this.#endpoint = endpoint ?? (0, endpoint_js_1.rightofway)({ baseUrl, oauth });
        // Called as a method of something else, browsers refuse it.
        const fetch = rest.fetch ?? ((input, init) => globalThis.fetch(input, init));
        const credentials = this.#endpoint.oauth;
        if ((token === undefined) === (credentials === undefined)) {
            throw new errors_js_1.QodArgumentError(token === undefined
                ? "the token is missing: new NetworkAsCodeClient({ token: '<your-application-key>' }), or oauth instead"
                : 'token and oauth are both given: give one');
        }
        const tokens = credentials ? (0, tokens_js_1.clientCredentials)(credentials, fetch, time, timeoutMs) : (0, tokens_js_1.givenToken)(token);
        const transport = new transport_js_1.Transport({ endpoint: this.#endpoint, tokens, fetch, time, timeoutMs, retries });
        const api = new api_js_1.Api(this.#endpoint, transport, time, pollMs);
        this.devices = new Devices(api);
        this.sessions = new Sessions(api);
        this.profiles = new Profiles(api);
    }
    /** @internal */
    get endpoint() {
        return this.#endpoint;
    }
}
exports.NetworkAsCodeClient = NetworkAsCodeClient;
class Devices {
    #api;
    constructor(api) {
        this.#api = api;
    }
    get(first, second = {}, phoneNumber) {
        if (typeof first !== 'string')
            return device_js_1.Device.from(this.#api, (0, identifiers_js_1.checkedIdentifiers)(first));
        const others = 'publicAddress' in second ? { ipv4Address: second, phoneNumber } : second;
        return device_js_1.Device.from(this.#api, (0, identifiers_js_1.checkedIdentifiers)({ networkAccessIdentifier: first, ...others }));
    }
    /** The device that a three-legged access token speaks for: it is not named in any request. */
    fromToken() {
        return device_js_1.Device.from(this.#api, undefined);
    }
}
class Sessions {
    #api;
    constructor(api) {
        this.#api = api;
    }
    /**
     * A session by its id.
     * @throws {QodApiError} `NOT_FOUND` (404); `PERMISSION_DENIED` (403) another application made it
     * @see CAMARA quality-on-demand, getSession
     */
    async get(id, options = {}) {
        const info = await this.#api.getSession(id, options);
        // Where the answer names no device, the token does.
        return session_js_1.QoDSession.from(this.#api, device_js_1.Device.from(this.#api, info.device), info);
    }
    /**
     * All sessions of this application, newest first, those that ended and are kept included. Pages are asked for as they
     * are needed. Only at a Right of Way gateway.
     * @throws {QodArgumentError} the endpoint is another one
     * @throws {QodApiError} {QodConnectionError}
     * @example
     * for await (const session of client.sessions.list({ status: 'AVAILABLE' })) console.log(session.id)
     */
    async *list(filter = {}) {
        for await (const info of this.#api.listSessions(filter)) {
            yield session_js_1.QoDSession.from(this.#api, device_js_1.Device.from(this.#api, info.device), info);
        }
    }
}
class Profiles {
    #api;
    constructor(api) {
        this.#api = api;
    }
    /**
     * The QoS profiles that match all that is given.
     * @throws {QodArgumentError} the endpoint has no qos-profiles API
     * @throws {QodApiError} {QodConnectionError}
     * @see CAMARA qos-profiles, retrieveQosProfiles
     */
    list({ device, name, status, signal } = {}) {
        const filter = {};
        if (device?.identifiers !== undefined)
            filter.device = device.identifiers;
        if (name !== undefined)
            filter.name = name;
        if (status !== undefined)
            filter.status = status;
        return this.#api.retrieveProfiles(filter, { signal });
    }
    /**
     * A QoS profile by its name.
     * @throws {QodApiError} `NOT_FOUND` (404)
     * @see CAMARA qos-profiles, getQosProfile
     */
    get(name, options = {}) {
        return this.#api.getProfile(name, options);
    }
}
(0, show_js_1.showAs)(NetworkAsCodeClient, 'NetworkAsCodeClient', ({ endpoint }) => ({ endpoint: endpoint.name }));
for (const part of [Devices, Sessions, Profiles])
    (0, show_js_1.showAs)(part, part.name, () => ({}));
