// What to try where a URL leads to nothing that answers as a gateway does.

import { QodConnectionError } from '@rightofway/sdk'
import { isNotOurs } from './exit-codes.js'
import { lastAsked } from './gateway-client.js'

/** Of OpenSSL, where the other side does not speak TLS. */
const PLAIN = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|packet length too long/i
/** Of Node and OpenSSL, where a certificate is not trusted. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_/
/** Where the other side hangs up on plain text. */
const HUNG_UP = /UND_ERR_SOCKET|ECONNRESET|HPE_/

/** ` (what was asked, and what to try)`; nothing where an error says enough. */
export function adviceFor(error: unknown): string {
  const url = lastAsked()
  if (url === undefined) return ''
  if (isNotOurs(error)) {
    return `. Asked was ${url}: nothing of a gateway is there. --url (or RIGHTOFWAY_URL) must be its base URL, without the path of an API`
  }
  if (!(error instanceof QodConnectionError)) return ''
  const { protocol, host } = new URL(url)
  const codes = codesOf(error)
  if (protocol === 'https:' && PLAIN.test(codes)) return `. It does not speak TLS: try --url http://${host}`
  if (UNTRUSTED.test(codes)) return '. Its certificate is not trusted: name its authority with NODE_EXTRA_CA_CERTS=FILE'
  if (protocol === 'http:' && HUNG_UP.test(codes)) return `. If it speaks TLS, try --url https://${host}`
  return error.code === 'CONNECT_FAILED' ? '. Is it running there? --url (or RIGHTOFWAY_URL) says where to ask' : ''
}

/** Codes and messages of an error and of what caused it. */
function codesOf(error: unknown): string {
  const found: string[] = []
  for (let one = error; one instanceof Error; one = one.cause) {
    found.push(String((one as NodeJS.ErrnoException).code ?? ''), one.message)
  }
  return found.join(' ')
}
