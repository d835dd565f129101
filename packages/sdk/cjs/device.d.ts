import type { CallOptions } from './api.js';
import { type CreateQodSessionOptions, type QodOptionalArgs } from './create-arguments.js';
import type { DeviceIdentifiers, DeviceIpv4Addr } from './identifiers.js';
import { QoDSession } from './session.js';
/** A device, by the names that it was given; or, from `devices.fromToken()`, whichever the access token speaks for. */
export declare class Device {
    #private;
    private constructor();
    /** Its names as they are sent. Personal data; `console.log` of a device shows only which kinds there are. */
    get identifiers(): DeviceIdentifiers | undefined;
    get networkAccessIdentifier(): string | undefined;
    /** With a leading `+`. */
    get phoneNumber(): string | undefined;
    get ipv4Address(): DeviceIpv4Addr | undefined;
    get ipv6Address(): string | undefined;
    /**
     * Asks the network for a quality of service between this device and a server.
     *
     * Resolves once the request is accepted; the network may still be at work. `session.status` tells, and
     * `await session.settled()` waits until it is AVAILABLE or UNAVAILABLE. (Right of Way waits up to a second by itself.)
     *
     * @throws {QodArgumentError} nothing was sent: no server is given, an address stands where the profile belongs ...
     * @throws {QodApiError} `CONFLICT` (409) another session covers this flow; `IDENTIFIER_NOT_FOUND` (404) nobody knows
     *   the device; `QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE` (400) the profile does not allow this duration; and others,
     *   all in docs/errors.md
     * @throws {QodConnectionError} with outcome `unknown` a session may have been created: `device.sessions()` shows it
     * @example
     * const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 3600 })
     * @see CAMARA quality-on-demand, createSession
     */
    createQodSession(options: CreateQodSessionOptions): Promise<QoDSession>;
    /** The profile first, then everything else. */
    createQodSession(profile: string, options: QodOptionalArgs): Promise<QoDSession>;
    /** By position. @param duration  whole seconds */
    createQodSession(profile: string, serviceIpv4?: string, serviceIpv6?: string, duration?: number): Promise<QoDSession>;
    /**
     * Its sessions that this application made: live ones first. An empty list means that there are none.
     * @throws {QodApiError} {QodConnectionError}
     * @see CAMARA quality-on-demand, retrieveSessionsByDevice
     */
    sessions(options?: CallOptions): Promise<QoDSession[]>;
    /**
     * Deletes its sessions, and waits for all of them.
     * @throws {QodClearError} some could not be deleted, each with its reason; the others were
     * @throws {QodApiError} {QodConnectionError} they could not be listed
     */
    clearSessions(options?: CallOptions): Promise<void>;
}
