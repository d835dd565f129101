// Addresses and prefixes, v4 and v6. Parsed, never matched as text: the patterns of the contract let `01.2.3.4` and
// `...` through. Kept as canonical text, so that they can be stored and compared.

import { QodError } from '@rightofway/camara'
import ipaddr from 'ipaddr.js'

export type Family = 'ipv4' | 'ipv6'

/** A canonical IPv4 or IPv6 prefix, such as `198.51.100.0/24` or `2001:db8::1/128`. */
export type Prefix = string & { readonly prefix: Family }

const DECIMAL_QUAD = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/
const BITS: Record<Family, number> = { ipv4: 32, ipv6: 128 }

function parse(text: string, family: Family): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (family === 'ipv4') {
    // A leading zero means octal to some parsers and nothing to others: an address that two readers read differently.
    return DECIMAL_QUAD.test(text) && ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined
  }
  return !text.includes('%') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined
}

/** The family that a text looks like: what a mistake in it should be reported against. */
export const familyOf = (text: string): Family => (text.includes(':') ? 'ipv6' : 'ipv4')

const ADDRESS_FORMS: Record<Family, string> = {
  ipv4: 'an IPv4 address (four decimal numbers of 0 to 255 without leading zeros)',
  ipv6: 'an IPv6 address (RFC 4291)',
}

/**
 * The canonical text of a single address.
 * @param field where it stands in the request, for the error
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function parseAddress(text: string, family: Family, field: string): string {
  const address = parse(text, family)
  if (address === undefined) throw new QodError('INVALID_ARGUMENT', `${field} must be ${ADDRESS_FORMS[family]}`)
  return address.toString()
}

/**
 * A prefix, its host bits cleared: `198.51.100.7/24` is `198.51.100.0/24`. A single address is a prefix of full length.
 * @param defaultLength of a text without one. Default: a single address (32 or 128)
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function parsePrefix(text: string, family: Family, field: string, defaultLength = BITS[family]): Prefix {
  const [addressText = '', lengthText, ...rest] = text.split('/')
  const address = parse(addressText, family)
  const length = lengthText === undefined ? defaultLength : /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : -1
  if (address === undefined || rest.length > 0 || length < 0 || length > BITS[family]) {
    throw new QodError(
      'INVALID_ARGUMENT',
      `${field} must be ${ADDRESS_FORMS[family]}, optionally with a prefix length of /0 to /${BITS[family]}`,
    )
  }
  if (length === BITS[family]) return `${address.toString()}/${length}` as Prefix
  const network =
    address instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${length}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${length}`)
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
