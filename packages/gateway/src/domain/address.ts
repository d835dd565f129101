// Addresses and prefixes, v4 and v6, as canonical text, so that they can be stored and compared. The patterns of the
// contract are not enough: they let `01.2.3.4` and `...` through.

import { QodError } from '@rightofway/camara'
import ipaddr from 'ipaddr.js'

export type Family = 'ipv4' | 'ipv6'

/** A canonical IPv4 or IPv6 prefix, such as `198.51.100.0/24` or `2001:db8::1/128`. */
export type Prefix = string & { readonly prefix: Family }

/** Four numbers of 0 to 255, each in its one decimal spelling: text of this form is canonical as it stands. */
const DECIMAL_QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const BITS: Record<Family, number> = { ipv4: 32, ipv6: 128 }

/** Bits before the IPv4 address in one of the form `::ffff:203.0.113.5` (RFC 4291 section 2.5.5.2). */
const MAPPED_BITS = 96

/**
 * The canonical text of an address; undefined if it is none. A leading zero means octal to some readers and nothing to
 * others, so no address may have one. IPv4 in IPv6 form, as dual-stack sockets print it, is IPv4: no packet has it.
 */
function canonical(text: string, family: Family): string | undefined {
  if (family === 'ipv4') return DECIMAL_QUAD.test(text) ? text : undefined
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined
  const address = ipaddr.IPv6.parse(text)
  return (address.isIPv4MappedAddress() ? address.toIPv4Address() : address).toString()
}

/** The family that a text looks like: what a mistake in it should be reported against. */
export const familyOf = (text: string): Family => (text.includes(':') ? 'ipv6' : 'ipv4')

const ADDRESS_FORMS: Record<Family, string> = {
  ipv4: 'an IPv4 address (four decimal numbers of 0 to 255 without leading zeros)',
  ipv6: 'an IPv6 address (RFC 4291)',
}

/**
 * The canonical text of a single address. IPv4 in IPv6 form comes out as IPv4.
 * @param field where it stands in the request, for the error
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function parseAddress(text: string, family: Family, field: string): string {
  const address = canonical(text, family)
  if (address === undefined) throw new QodError('INVALID_ARGUMENT', `${field} must be ${ADDRESS_FORMS[family]}`)
  return address
}

/**
 * A prefix, its host bits cleared: `198.51.100.7/24` is `198.51.100.0/24`. A single address is a prefix of full length.
 * IPv4 in IPv6 form comes out as IPv4: `::ffff:198.51.100.7` is `198.51.100.7/32`.
 * @param defaultLength of a text without one. Default: a single address (32 or 128)
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function parsePrefix(text: string, family: Family, field: string, defaultLength = BITS[family]): Prefix {
  const slash = text.indexOf('/')
  const address = canonical(slash < 0 ? text : text.slice(0, slash), family)
  const lengthText = text.slice(slash + 1)
  const length = slash < 0 ? defaultLength : /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : -1
  if (address === undefined || length < 0 || length > BITS[family]) {
    throw new QodError(
      'INVALID_ARGUMENT',
      `${field} must be ${ADDRESS_FORMS[family]}, optionally with a prefix length of /0 to /${BITS[family]}`,
    )
  }
  if (family === 'ipv6' && familyOf(address) === 'ipv4') {
    if (slash < 0) return parsePrefix(address, 'ipv4', field)
    // A wider one has IPv6 addresses as well.
    if (length >= MAPPED_BITS) return parsePrefix(`${address}/${length - MAPPED_BITS}`, 'ipv4', field)
    return `${ipaddr.IPv6.networkAddressFromCIDR(text)}/${length}` as Prefix
  }
  const whole = `${address}/${length}`
  if (length === BITS[family]) return whole as Prefix
  const network =
    family === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(whole) : ipaddr.IPv6.networkAddressFromCIDR(whole)
  return `${network.toString()}/${length}` as Prefix
}

export const prefixFamily = (prefix: Prefix): Family => familyOf(prefix)

export const prefixLength = (prefix: Prefix): number => Number(prefix.slice(prefix.indexOf('/') + 1))

/** The address of a prefix without its length. */
export const prefixAddress = (prefix: Prefix): string => prefix.slice(0, prefix.indexOf('/'))

/** Whether some address lies in both. */
export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  if (a === b) return true
  if (prefixFamily(a) !== prefixFamily(b)) return false
  const shorter = Math.min(prefixLength(a), prefixLength(b))
  return ipaddr.parse(prefixAddress(a)).match(ipaddr.parse(prefixAddress(b)), shorter)
}

/** Whether every address of `inner` lies in `outer`. */
export const prefixContains = (outer: Prefix, inner: Prefix): boolean =>
  prefixLength(outer) <= prefixLength(inner) && prefixesOverlap(outer, inner)

/** Whether an address or prefix lies in one of some prefixes: for many of them and few prefixes, which are parsed once. */
export function prefixTest(prefixes: readonly Prefix[]): (address: Prefix) => boolean {
  const find = prefixFinder(prefixes)
  return (address) => find(address) !== undefined
}

/** As {@link prefixTest}, but tells in which: the first. */
export function prefixFinder<P extends Prefix>(prefixes: readonly P[]): (address: Prefix) => P | undefined {
  const parsed = prefixes.map((prefix) => ({
    prefix,
    family: prefixFamily(prefix),
    network: ipaddr.parse(prefixAddress(prefix)),
    length: prefixLength(prefix),
  }))
  return (address) => {
    const family = prefixFamily(address)
    const candidate = ipaddr.parse(prefixAddress(address))
    const length = prefixLength(address)
    return parsed.find(
      (prefix) => prefix.family === family && prefix.length <= length && candidate.match(prefix.network, prefix.length),
    )?.prefix
  }
}
