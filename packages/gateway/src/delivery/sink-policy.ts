import { QodError } from '@rightofway/camara'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import type { SinkPolicy } from '../usecases/deps.js'
import type { AddressGuard } from './address-guard.js'

export interface SinkPolicyOptions {
  readonly guard: AddressGuard
  /** A sandbox may deliver to plain http on this machine. */
  readonly sandbox: boolean
}

/** Accepted sinks, and their hosts: an application has few, and sends one with every session. */
const REMEMBERED = 1_000

/** Checks a sink when a session is created. Its name is resolved, and its addresses are checked, at every delivery. */
export function sinkPolicy(options: SinkPolicyOptions): SinkPolicy {
  const hosts = new LRUCache<string, string>({ max: REMEMBERED })
  return {
    check(url) {
      const known = hosts.get(url)
      if (known !== undefined) return known
      const host = hostOf(url, options)
      hosts.set(url, host)
      return host
    },
  }
}

/** @throws {QodError} `INVALID_SINK` */
function hostOf(text: string, { guard, sandbox }: SinkPolicyOptions): string {
  const authority = AUTHORITY.exec(text)?.[1]
  // RFC 9110 section 4.2.2: the parser of URLs would take the host from the path.
  if (!URL.canParse(text) || authority === '') throw new QodError('INVALID_SINK', 'sink must be a URL')
  const url = new URL(text)
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const loopback = isLoopback(hostname)
  if (url.protocol !== 'https:' && !(sandbox && url.protocol === 'http:' && loopback)) {
    throw new QodError('INVALID_SINK', 'sink must be an https URL')
  }
  if (url.port === '0') throw new QodError('INVALID_SINK', 'sink must have a port from 1 to 65535')
  if (!ipaddr.isValid(hostname) && !isHostName(hostname)) {
    throw new QodError(
      'INVALID_SINK',
      'sink must have a host of at most 253 characters, with labels of 1 to 63 letters, digits, hyphens and underscores',
    )
  }
  if (NEVER.test(hostname)) {
    throw new QodError('INVALID_SINK', 'sink must have a host that can exist: .invalid never does')
  }
  if (authority?.includes('@')) {
    throw new QodError('INVALID_SINK', 'sink must not contain a user or a password: use sinkCredential')
  }
  if (ipaddr.isValid(hostname) && !guard.allows(hostname)) {
    throw new QodError(
      'INVALID_SINK',
      'sink must have a public address; the operator can allow others with the setting sinks.allow',
    )
  }
  return url.host
}

/** What stands between scheme and path (RFC 3986 section 3.2). */
const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i

/** Names that never exist (RFC 6761 section 6.4). */
const NEVER = /(?:^|\.)invalid\.?$/

/** RFC 1035 section 2.3.4 and RFC 1123 section 2.1, and `_`, as some services have it. A dot at the end is the root. */
const LABEL = '(?!-)[a-z\\d_-]{1,63}(?<!-)'
const HOST_NAME = new RegExp(`^(?:${LABEL}\\.)*${LABEL}\\.?$`)
const isHostName = (name: string): boolean => name.length <= 253 && HOST_NAME.test(name)

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || (ipaddr.isValid(hostname) && ipaddr.process(hostname).range() === 'loopback')
