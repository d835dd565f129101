// Addresses that cannot be the source or destination of a packet between a device and a server.

import { QodError } from '@rightofway/camara'
import { type Prefix, prefixFinder } from './address.js'

/** IANA special-purpose registries (RFC 6890) and RFC 5771; prefixes that are not forwarded, or name many hosts. */
const UNUSABLE = new Map([
  ['0.0.0.0/8', 'this network'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['::/128', 'the unspecified address'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
] as [Prefix, string][])

/** For documentation (RFC 6676); examples of APIs use them. */
const EXEMPT = '233.252.0.0/24' as Prefix

const blockOf = prefixFinder([EXEMPT, ...UNUSABLE.keys()])

/**
 * Refuses an address or prefix that contains no possible end of a flow. A wider prefix, such as `0.0.0.0/0`,
 * passes.
 * @param field where it stands in the request, for the error
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function checkUnicast(prefix: Prefix, field: string): void {
  const block = blockOf(prefix)
  if (block === undefined || block === EXEMPT) return
  throw new QodError('INVALID_ARGUMENT', `${field} must be a unicast address: ${block} is ${UNUSABLE.get(block)}`)
}
