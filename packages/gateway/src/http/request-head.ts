// Checks of every request before it is routed: RFC 9110 and RFC 9112, as far as Node leaves them
// to us. Node drops header fields beyond a limit, and all but the first of some repeated ones.

import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { QodError } from '@rightofway/camara'
import { encodedTrouble } from './text.js'

/** Maximum number of header fields. Node keeps one more, so that an excess can be detected. */
export const MAX_HEADER_FIELDS = 1_000

/** RFC 9110 section 4.1 asks for 8 000 at least. */
const MAX_TARGET = 8_192

/** uri-host, and a port (RFC 3986 section 3.2.2, RFC 9110 section 7.2). */
const IN_BRACKETS = /^\[([^\]]*)\]/
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[\w\-.~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/

/** An http URL with an empty host is invalid (RFC 9110 section 4.2.1). */
const SOME_HOST = /^[^:]/

const isHost = (text: string): boolean => {
  const [, address] = IN_BRACKETS.exec(text) ?? []
  return HOST.test(text) && (address === undefined || isIPv6(address))
}

/** Of these Node keeps the first and silently drops the others. */
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-type', 'host'])

/** Node also reads HTTP/0.9 or HTTP/2.0 from a request line in the form of HTTP/1.1. */
const VERSIONS: ReadonlySet<string> = new Set(['1.0', '1.1'])

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/is

/** The target for routing: path and query of one in absolute form (RFC 9112 section 3.2.2). */
export function originForm({ url = '' }: { readonly url?: string | undefined }): string {
  const [, , path] = ABSOLUTE_FORM.exec(url) ?? []
  if (path === undefined) return url
  return path.startsWith('/') ? path : `/${path}`
}

/**
 * The error in the head of a request; undefined: none.
 * @param target as received
 */
export function headTrouble(
  { method, headers, rawHeaders, httpVersion }: IncomingMessage,
  target: string,
): QodError | undefined {
  if (rawHeaders.length > 2 * MAX_HEADER_FIELDS) {
    return new QodError(
      'REQUEST_HEADER_FIELDS_TOO_LARGE',
      `A request can have at most ${MAX_HEADER_FIELDS} header fields`,
    )
  }
  if (target.length > MAX_TARGET) {
    return new QodError('URI_TOO_LONG', `The URL can have at most ${MAX_TARGET} characters`)
  }
  const { host, expect } = headers
  if (!VERSIONS.has(httpVersion)) return invalid('This is not an HTTP/1.1 request')
  if (target.includes('#')) return invalid('The URL must not have a fragment')
  if (host === undefined && httpVersion === '1.1') return invalid('Host (header) is required')
  if (host !== undefined && !isHost(host))
    return invalid('Host (header) must be a host name or an address, with an optional port')
  if (target === '*' && method !== 'OPTIONS') return invalid('The URL * goes with OPTIONS alone')
  const [, authority] = (target.startsWith('/') ? undefined : ABSOLUTE_FORM.exec(target)) ?? []
  if (authority !== undefined && (!isHost(authority) || !SOME_HOST.test(authority)))
    return invalid('The URL must name a host name or an address, with an optional port')
  const twice = saidTwice(rawHeaders)
  if (twice !== undefined) return invalid(`${twice} (header) must be given once`)
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return new QodError('NOT_IMPLEMENTED', 'Transfer-Encoding (header) must be chunked or absent')
  }
  if (expect !== undefined && !expectsContinue(headers)) return new QodError('EXPECTATION_FAILED')
  const trouble = encodedTrouble(target)
  return trouble === undefined ? undefined : invalid(`The URL ${trouble}`)
}

/** Whether the client waits for 100 before it sends the body (RFC 9110 section 10.1.1). */
export const expectsContinue = ({ expect }: IncomingMessage['headers']): boolean =>
  expect?.toLowerCase() === '100-continue'

const invalid = (message: string): QodError => new QodError('INVALID_ARGUMENT', message)

/** Host must not be repeated at all (RFC 9112 section 3.2), the others not with different values. */
function saidTwice(rawHeaders: readonly string[]): string | undefined {
  let seen: Map<string, string> | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    const lower = name.toLowerCase()
    if (!SINGLE.has(lower)) continue
    seen ??= new Map()
    const before = seen.get(lower)
    if (before !== undefined && (lower === 'host' || before !== rawHeaders[index + 1])) return name
    seen.set(lower, rawHeaders[index + 1] as string)
  }
  return undefined
}
