import type { AccessTokenCredential, CreateSession, PrivateKeyJWTCredential } from './wire.js';
/** TCP and UDP ports, both ends of a range included; 1 to 65535. */
export interface PortRange {
    readonly from: number;
    readonly to: number;
}
/** Ports: single ones, ranges, or both. */
export interface PortSpec {
    readonly ports?: readonly number[] | undefined;
    readonly ranges?: readonly PortRange[] | undefined;
}
/** How the sender of events proves itself to the sink. */
export type SinkCredential = (Omit<AccessTokenCredential, 'accessTokenExpiresUtc'> & {
    /** It should outlive the session: events after that come without it, or not at all. */
    accessTokenExpiresUtc: Date | string;
}) | PrivateKeyJWTCredential;
/** What is asked for, besides the profile. */
export interface QodOptionalArgs {
    /** The server: an IPv4 address, one with a port (`233.252.0.2:443`), or a prefix (`198.51.100.0/24`). */
    readonly serviceIpv4?: string | undefined;
    /** The server: an IPv6 address, one with a port (`[2001:db8::1]:443`), or a prefix (`2001:db8::/64`). */
    readonly serviceIpv6?: string | undefined;
    /** The server by 1 to 16 single addresses, instead of the two above (CAMARA 1.2 and later). */
    readonly serviceIpAddresses?: readonly string[] | undefined;
    /** Ports on the server. Default: all. */
    readonly servicePorts?: PortSpec | undefined;
    /** Ports on the device. Default: all. */
    readonly devicePorts?: PortSpec | undefined;
    /** Whole seconds. Default: the most that the profile allows where the endpoint tells, 86 400 (24 h) otherwise. */
    readonly duration?: number | undefined;
    /** Where events are sent: https. */
    readonly sink?: string | undefined;
    readonly sinkCredential?: SinkCredential | undefined;
    /**
     * Makes a repeat of this call harmless, also from another process: the same key gives the same session for 24 hours.
     * Default: a new one for every call. Only where the endpoint is Right of Way.
     */
    readonly idempotencyKey?: string | undefined;
    /** Answer REQUESTED at once instead of waiting for the network (RFC 7240). Only where the endpoint is Right of Way. */
    readonly respondAsync?: boolean | undefined;
    /** Ends the call, not the session: where it was already created, it goes on. */
    readonly signal?: AbortSignal | undefined;
}
export interface CreateQodSessionOptions extends QodOptionalArgs {
    /** Name of a QoS profile, such as `QOS_L`: `client.profiles.list()` has them. */
    readonly profile: string;
}
/** One form for three. */
export declare function createOptions(first: string | CreateQodSessionOptions, second: string | QodOptionalArgs | undefined, serviceIpv6: string | undefined, duration: number | undefined): CreateQodSessionOptions;
/** The body of a create, but for device and duration. @throws {QodArgumentError} */
export declare function createBody(options: CreateQodSessionOptions): Omit<CreateSession, 'device' | 'duration'>;
