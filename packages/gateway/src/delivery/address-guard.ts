// Which addresses the gateway connects to for callers. A sink is a URL that a caller chose: without a guard it is a way
// to send requests to hosts that only the gateway can reach (SSRF).

import ipaddr from 'ipaddr.js'
import { type Prefix, prefixContains } from '../domain/address.js'

/** Global unicast (RFC 4291 section 2.4, IANA's registry of IPv6 global unicast). */
const GLOBAL_UNICAST = '2000::/3' as Prefix

export interface AddressGuardOptions {
  /** Addresses that are allowed although they are not public. */
  readonly allow: readonly Prefix[]
}

export class AddressGuard {
  readonly #allow: readonly Prefix[]

  constructor({ allow }: AddressGuardOptions) {
    this.#allow = allow
  }

  /** Whether an address (its text, as a resolver or a socket gives it) may be dialled. */
  allows(text: string): boolean {
    if (!ipaddr.isValid(text)) return false
    const parsed = ipaddr.parse(text)
    const address = parsed instanceof ipaddr.IPv6 ? destination(parsed) : parsed
    if (address === undefined) return false
    const single = singlePrefix(address)
    return isPublic(address, single) || this.#allow.some((prefix) => prefixContains(prefix, single))
  }
}

const singlePrefix = (address: ipaddr.IPv4 | ipaddr.IPv6): Prefix =>
  `${address.toString()}/${address.kind() === 'ipv4' ? 32 : 128}` as Prefix

const isPublic = (address: ipaddr.IPv4 | ipaddr.IPv6, single: Prefix): boolean =>
  address.range() === 'unicast' && (address.kind() === 'ipv4' || prefixContains(GLOBAL_UNICAST, single))

/** IPv6 forms that embed an IPv4 address to which packets go, with the index of its first byte. */
const EMBEDDINGS: readonly { readonly at: number; readonly matches: (bytes: readonly number[]) => boolean }[] = [
  // ::ffff:0:0/96, IPv4-mapped (RFC 4291 section 2.5.5.2), and ::/96, its deprecated forerunner (2.5.5.1).
  { at: 12, matches: startsWith([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) },
  {
    at: 12,
    matches: (bytes) => startsWith([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])(bytes) && !isUnspecifiedOrLoopback(bytes),
  },
  // 64:ff9b::/96, NAT64 (RFC 6052 section 2.1). A translator with a prefix of its own cannot be told from any network.
  { at: 12, matches: startsWith([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) },
  // 2002::/16, 6to4 (RFC 3056 section 2).
  { at: 2, matches: startsWith([0x20, 0x02]) },
  // ...:0:5efe:a.b.c.d and ...:200:5efe:a.b.c.d, ISATAP (RFC 5214 section 6.1), below any prefix.
  { at: 12, matches: (bytes) => ((bytes[8] ?? 0) & 0xfd) === 0 && startsWith([0, 0x5e, 0xfe])(bytes.slice(9)) },
]

/** The address that packets go to; undefined if it is unknown. */
function destination(address: ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // With a zone, the same text is another machine on every link.
  if (address.zoneId) return undefined
  const bytes = address.toByteArray()
  const embedding = EMBEDDINGS.find(({ matches }) => matches(bytes))
  return embedding === undefined
    ? address
    : (ipaddr.fromByteArray(bytes.slice(embedding.at, embedding.at + 4)) as ipaddr.IPv4)
}

function startsWith(prefix: readonly number[]) {
  return (bytes: readonly number[]): boolean => prefix.every((byte, index) => bytes[index] === byte)
}

/** `::` and `::1` embed nothing. */
const isUnspecifiedOrLoopback = (bytes: readonly number[]): boolean =>
  bytes.slice(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1
