// Which addresses the gateway dials for somebody else. A sink is a URL that a caller chose: without a guard it is a way
// to make the gateway speak to what only the gateway can reach.

import ipaddr from 'ipaddr.js'
import { type Prefix, prefixContains } from '../domain/address.js'

/** RFC 6052 section 2.1: IPv6 addresses that a translator turns into the IPv4 address in their last 32 bits. */
const NAT64 = '64:ff9b::/96' as Prefix

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
    const address = effective(ipaddr.parse(text))
    if (address === undefined) return false
    if (address.range() === 'unicast') return true
    const single = `${address.toString()}/${address.kind() === 'ipv4' ? 32 : 128}` as Prefix
    return this.#allow.some((prefix) => prefixContains(prefix, single))
  }
}

/** The address that packets end up at; undefined if it cannot be told. */
function effective(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (address instanceof ipaddr.IPv4) return address
  if (address.zoneId) return undefined
  const bytes = address.toByteArray()
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  const isNat64 = prefixContains(NAT64, `${address.toString()}/128` as Prefix)
  if (isNat64) return ipaddr.fromByteArray(bytes.slice(12))
  // 6to4 (RFC 3056): the IPv4 address of the relay stands behind 2002.
  if (address.range() === '6to4') return ipaddr.fromByteArray(bytes.slice(2, 6))
  return address
}
