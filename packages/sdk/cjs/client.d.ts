import { Api, type CallOptions, type SessionFilter } from './api.js';
import { Device } from './device.js';
import { type Endpoint, type OAuthOptions } from './endpoint.js';
import { type DeviceIdentifiers, type DeviceIpv4Addr } from './identifiers.js';
import { QoDSession } from './session.js';
import { type Token } from './tokens.js';
import type { QosProfile } from './wire.js';
export interface ClientOptions {
    /** The application's key or an access token; or a function that gives one, asked before every request. */
    readonly token?: Token | undefined;
    /** Instead of a token: OAuth 2.0 client credentials, from which tokens are fetched. */
    readonly oauth?: OAuthOptions | undefined;
    /** URL of a Right of Way gateway. Default: the environment's `RIGHTOFWAY_URL`, else `http://127.0.0.1:8080`. */
    readonly baseUrl?: string | undefined;
    /** Who else is on the other side: `nokia()` or `camara({ ... })`. Default: `rightofway({ baseUrl, oauth })`. */
    readonly endpoint?: Endpoint | undefined;
    /**
     * Milliseconds for a whole call: every attempt, the waits between them, the last byte. From 1 to 2 147 483 647;
     * `Infinity` for no limit. Default: 30 000.
     */
    readonly timeoutMs?: number | undefined;
    /** Attempts after the first, where another one is harmless: a whole number, or `Infinity`. Default: 2. */
    readonly retries?: number | undefined;
    /** See `FollowOptions`. Default: 30 000. */
    readonly pollMs?: number | undefined;
    /** Default: the runtime's. */
    readonly fetch?: typeof globalThis.fetch | undefined;
}
/**
 * The way to an endpoint that gives quality on demand.
 * @example
 * const client = new NetworkAsCodeClient({ token: '<your-application-key>' })
 * @example
 * const client = new NetworkAsCodeClient({ endpoint: nokia(), token: '<your-application-key>' })
 */
export declare class NetworkAsCodeClient {
    #private;
    readonly devices: Devices;
    readonly sessions: Sessions;
    readonly profiles: Profiles;
    /**
     * @param options  all of them, or the token alone
     * @throws {QodArgumentError} there is no token, more than one, a URL or a number that cannot be used
     */
    constructor(options: ClientOptions | string);
}
declare class Devices {
    #private;
    constructor(api: Api);
    /**
     * A device by its names. Nothing is sent.
     * @throws {QodArgumentError} a name has not the form it must have, or a public IPv4 address stands alone
     */
    get(identifiers: DeviceIdentifiers): Device;
    /** By its network access identifier, and more names if you have them. */
    get(networkAccessIdentifier: string, others?: Omit<DeviceIdentifiers, 'networkAccessIdentifier'>): Device;
    /** By position. */
    get(networkAccessIdentifier: string, ipv4Address: DeviceIpv4Addr, phoneNumber?: string): Device;
    /** The device that a three-legged access token speaks for: it is not named in any request. */
    fromToken(): Device;
}
declare class Sessions {
    #private;
    constructor(api: Api);
    /**
     * A session by its id.
     * @throws {QodApiError} `NOT_FOUND` (404); `PERMISSION_DENIED` (403) another application made it
     * @see CAMARA quality-on-demand, getSession
     */
    get(id: string, options?: CallOptions): Promise<QoDSession>;
    /**
     * All sessions of this application, newest first, those that ended and are kept included. Pages are asked for as they
     * are needed. Only at a Right of Way gateway.
     * @throws {QodArgumentError} the endpoint is another one
     * @throws {QodApiError} {QodConnectionError}
     * @example
     * for await (const session of client.sessions.list({ status: 'AVAILABLE' })) console.log(session.id)
     */
    list(filter?: SessionFilter): AsyncGenerator<QoDSession, void>;
}
export interface ProfileFilter extends CallOptions {
    /** Those that this device may use. */
    readonly device?: Device | undefined;
    readonly name?: string | undefined;
    readonly status?: QosProfile['status'] | undefined;
}
declare class Profiles {
    #private;
    constructor(api: Api);
    /**
     * The QoS profiles that match all that is given.
     * @throws {QodArgumentError} the endpoint has no qos-profiles API
     * @throws {QodApiError} {QodConnectionError}
     * @see CAMARA qos-profiles, retrieveQosProfiles
     */
    list({ device, name, status, signal }?: ProfileFilter): Promise<QosProfile[]>;
    /**
     * A QoS profile by its name.
     * @throws {QodApiError} `NOT_FOUND` (404)
     * @see CAMARA qos-profiles, getQosProfile
     */
    get(name: string, options?: CallOptions): Promise<QosProfile>;
}
export type { Devices, Profiles, Sessions };
