/** The IPv4 address of a device. Many devices share a public address: it takes the port or the private address too. */
export interface DeviceIpv4Addr {
    /** The address that servers see. */
    readonly publicAddress: string;
    /** The device's own address, behind NAT. */
    readonly privateAddress?: string | undefined;
    /** The port that servers see, 1 to 65535. */
    readonly publicPort?: number | undefined;
}
/** Names of one device, at least one. The endpoint uses the first of them that it supports and knows. */
export interface DeviceIdentifiers {
    /** E.164: 5 to 15 digits, with or without a leading `+`, no spaces or brackets. */
    readonly phoneNumber?: string | undefined;
    readonly ipv4Address?: DeviceIpv4Addr | undefined;
    /** The device's address, or any of its prefix. */
    readonly ipv6Address?: string | undefined;
    /** A subscription, as `user@realm`. Not every operator supports it. */
    readonly networkAccessIdentifier?: string | undefined;
}
/** The identifiers as they are sent. @throws {QodArgumentError} */
export declare function checkedIdentifiers(given: DeviceIdentifiers): DeviceIdentifiers;
