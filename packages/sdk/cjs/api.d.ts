import type { Endpoint } from './endpoint.js';
import type { Time } from './time.js';
import type { Transport } from './transport.js';
import type { CreateSession, Device, QosProfile, QosProfileDeviceRequest, QosStatus, SessionInfo, SessionUsage } from './wire.js';
/** For one call. */
export interface CallOptions {
    /** Ends the call: it rejects with the signal's reason. */
    readonly signal?: AbortSignal | undefined;
}
export interface CreateCall extends CallOptions {
    readonly idempotencyKey?: string | undefined;
    readonly respondAsync?: boolean | undefined;
}
/** Which sessions to list: those that match all that is given. */
export interface SessionFilter extends CallOptions {
    readonly status?: QosStatus | undefined;
    /** Name of their QoS profile. */
    readonly profile?: string | undefined;
}
export declare class Api {
    #private;
    readonly endpoint: Endpoint;
    readonly time: Time;
    readonly pollMs: number;
    constructor(endpoint: Endpoint, transport: Transport, time: Time, pollMs: number);
    /** Milliseconds since the epoch, by the endpoint's clock. */
    now(): number;
    createSession(body: CreateSession, options: CreateCall): Promise<SessionInfo>;
    getSession(id: string, { signal }: CallOptions): Promise<SessionInfo>;
    getSessionUsage(id: string, { signal }: CallOptions): Promise<SessionUsage>;
    deleteSession(id: string, { signal }: CallOptions): Promise<void>;
    extendSession(id: string, requestedAdditionalDuration: number, { signal }: CallOptions): Promise<SessionInfo>;
    retrieveSessions(device: Device | undefined, { signal }: CallOptions): Promise<SessionInfo[]>;
    /** All sessions of the caller, newest first; pages are asked for as they are needed. */
    listSessions(filter: SessionFilter): AsyncGenerator<SessionInfo, void>;
    /** The stream of a session's events after `lastEventId`; undefined if there will be no more. */
    openEvents(id: string, lastEventId: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBufferLike>> | undefined>;
    getProfile(name: string, { signal }: CallOptions): Promise<QosProfile>;
    retrieveProfiles(body: QosProfileDeviceRequest, { signal }: CallOptions): Promise<QosProfile[]>;
    /** Seconds that a session has when nobody says how many: 24 h, or less where its profile allows no more. */
    defaultDuration(profile: string, options: CallOptions): Promise<number>;
}
