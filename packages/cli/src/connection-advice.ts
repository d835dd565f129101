// Advice for a URL at which no gateway answers.

import { QodConnectionError } from '@rightofway/sdk'
import { isNotOurs } from './exit-codes.js'
import { lastAsked } from './gateway-client.js'

/** OpenSSL's codes if the other side does not speak TLS. */
const PLAIN = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|packet length too long/i
/** Node's and OpenSSL's codes if a certificate is not trusted. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_/
/** Codes if the other side closes a connection without TLS. */
const HUNG_UP = /UND_ERR_SOCKET|ECONNRESET|HPE_/

/** Advice to append to a message; empty if the error says enough. */
export function adviceFor(error: unknown): string {
  const url = lastAsked()
  if (url === undefined) return ''
  if (isNotOurs(error)) {
    return `. There is no gateway at ${url}: --url (or RIGHTOFWAY_URL) must be its base URL, without the path of an API`
  }
  if (!(error instanceof QodConnectionError)) return ''
  const { protocol, host } = new URL(url)
  const codes = codesOf(error)
  if (protocol === 'https:' && PLAIN.test(codes)) return `. It does not speak TLS: try --url http://${host}`
  if (UNTRUSTED.test(codes))
    return '. Its certificate is not trusted: set NODE_EXTRA_CA_CERTS to the file of its authority'
  if (protocol === 'http:' && HUNG_UP.test(codes)) return `. If it speaks TLS, try --url https://${host}`
  return error.code === 'CONNECT_FAILED' ? '. Start a gateway, or give its URL with --url (or RIGHTOFWAY_URL)' : ''
}

/** Codes and messages of an error and of its causes. */
function codesOf(error: unknown): string {
  const found: string[] = []
  for (let one = error; one instanceof Error; one = one.cause) {
    found.push(String((one as NodeJS.ErrnoException).code ?? ''), one.message)
  }
  return found.join(' ')
}
