/** A dotted quad. */
export declare const isIpv4: (text: unknown) => text is string;
/** RFC 4291 text. The URL parser that every runtime has knows it exactly. */
export declare function isIpv6(text: unknown): text is string;
/** An address of one family, or a prefix of it as address/length. */
export declare function isPrefix(text: unknown, family: 'ipv4' | 'ipv6'): text is string;
