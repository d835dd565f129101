import type { CallOptions } from './api.js';
import type { PortSpec } from './create-arguments.js';
import type { Device } from './device.js';
import { type FollowOptions, type SessionChange } from './follow.js';
import type { QosStatus, SessionUsage, StatusInfo } from './wire.js';
/**
 * A session: a quality of service for the traffic between a device and a server, until its duration ends.
 *
 * It shows what the endpoint said last: `refresh()` asks again, `settled()`, `ended()` and `changes()` follow it. With
 * `await using session = ...` it is deleted where its scope ends.
 */
export declare class QoDSession {
    #private;
    /** Whose session it is. */
    readonly device: Device;
    private constructor();
    /** A UUID. */
    get id(): string;
    /** Name of its QoS profile. */
    get profile(): string;
    /** REQUESTED: asked of the network. AVAILABLE: the network gives it. UNAVAILABLE: it does not, or no longer. */
    get status(): QosStatus;
    /** Why it is UNAVAILABLE. Undefined while it is not, and where the endpoint did not say (it forgot the session). */
    get statusInfo(): StatusInfo | undefined;
    /**
     * Seconds. REQUESTED: granted for later. AVAILABLE: from start to end, extensions included. UNAVAILABLE: how long it
     * really was. (A number: where an older client has `session.duration()`, leave the brackets out.)
     */
    get duration(): number;
    /** When it became AVAILABLE; undefined if it has not (yet). */
    get startedAt(): Date | undefined;
    /** AVAILABLE: when it will end. UNAVAILABLE: when it ended. Undefined if it never started. */
    get expiresAt(): Date | undefined;
    /** Seconds until it ends, by the endpoint's clock as its last answer showed it; undefined while it is not AVAILABLE. */
    get remainingSeconds(): number | undefined;
    get serviceIpv4(): string | undefined;
    get serviceIpv6(): string | undefined;
    get serviceIpAddresses(): readonly string[] | undefined;
    get servicePorts(): PortSpec | undefined;
    get devicePorts(): PortSpec | undefined;
    get sink(): string | undefined;
    /**
     * Makes it last longer.
     * @param additionalSeconds  whole seconds, at least 1. The whole duration is capped at what the profile allows:
     *   `duration` and `expiresAt` show what was granted
     * @throws {QodApiError} `QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED` (409) it is not AVAILABLE; `NOT_FOUND` (404)
     * @throws {QodConnectionError} with outcome `unknown` it may have been extended: `refresh()` shows
     * @see CAMARA quality-on-demand, extendQosSessionDuration
     */
    extend(additionalSeconds: number, options?: CallOptions): Promise<void>;
    /**
     * Ends it and lets the network go. One that is gone already is as good as deleted.
     * @throws {QodApiError} {QodConnectionError}
     * @see CAMARA quality-on-demand, deleteSession
     */
    delete(options?: CallOptions): Promise<void>;
    /**
     * Asks the endpoint how it is.
     * @throws {QodApiError} `NOT_FOUND` (404) it is gone: deleted, or ended and forgotten
     * @see CAMARA quality-on-demand, getSession
     */
    refresh(options?: CallOptions): Promise<this>;
    /**
     * What it has carried since it began, and how fast it is now. Ours: only a Right of Way gateway answers.
     * @throws {QodApiError} `NOT_FOUND` (404) the session is gone, or its network does not count
     * @throws {QodArgumentError} the endpoint is none of ours
     */
    usage(options?: CallOptions): Promise<SessionUsage>;
    /**
     * Resolves once the network has decided: the session is AVAILABLE, or UNAVAILABLE.
     * @throws what {@link changes} throws
     */
    settled(options?: FollowOptions): Promise<this>;
    /**
     * Resolves once the session has ended. `statusInfo` says why, unless nobody could: an endpoint forgets sessions.
     * @throws what {@link changes} throws
     */
    ended(options?: FollowOptions): Promise<this>;
    /**
     * Every change of status from now on, as it happens; ends when the session has ended.
     *
     * A Right of Way gateway tells of them by itself. Other endpoints are asked, now and then: see `pollMs`. Waiting in
     * between keeps no process alive: a program that has nothing else to do ends.
     * @throws {QodApiError} the endpoint will not say: the key was revoked, say
     * @throws {QodConnectionError} it could not be reached for five minutes
     */
    changes(options?: FollowOptions): AsyncGenerator<SessionChange, void, void>;
    /** The same as {@link delete}. */
    deleteSession(): Promise<void>;
    /** The same as {@link extend}. */
    extendSession(additionalSeconds: number): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
