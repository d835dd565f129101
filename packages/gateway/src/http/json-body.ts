// Bodies as JSON (RFC 8259), in the one form that is taken: UTF-8, as it is.

import { QodError } from '@rightofway/camara'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { jsonErrorAt } from './json-error.js'

const BYTE_ORDER_MARK = 0xfeff

/** Names of UTF-8, and of the encoding whose every text is UTF-8 too. */
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii']

const CHARSET = /;\s*charset\s*=\s*("?)([^\s";]*)\1/i

/** Reads bodies of a media type as JSON. */
export function addJsonParser(app: FastifyInstance, mediaType: string): void {
  app.addContentTypeParser(mediaType, { parseAs: 'string' }, (request, text, done) => {
    // Some clients say they send JSON whatever they send: nothing, with GET and DELETE.
    if (text === '' && (request.method === 'GET' || request.method === 'DELETE')) return done(null, undefined)
    try {
      done(null, parseBody(text as string))
    } catch (error) {
      done(error as QodError)
    }
  })
}

/** @throws {QodError} `INVALID_ARGUMENT` with the position, and without the text: it may hold personal data */
function parseBody(received: string): unknown {
  // RFC 8259 section 8.1: a parser may ignore it, and some clients send it.
  const text = received.charCodeAt(0) === BYTE_ORDER_MARK ? received.slice(1) : received
  if (text === '') throw new QodError('INVALID_ARGUMENT', 'The body is empty; it must be a JSON object')
  try {
    return JSON.parse(text)
  } catch {
    const position = jsonErrorAt(text)
    throw new QodError('INVALID_ARGUMENT', `The body is not JSON: it goes wrong at position ${position}`)
  }
}

/** Refuses bodies that are compressed or not UTF-8, whatever their media type: a hook before they are parsed. */
export function refuseEncodings(
  request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: (error?: Error) => void,
): void {
  const trouble = encodingTrouble(request)
  // RFC 9110 section 15.5.16: it tells a coding that is not taken from a media type that is not.
  if (trouble?.startsWith('content-encoding')) reply.header('accept-encoding', 'identity')
  done(trouble === undefined ? undefined : new QodError('UNSUPPORTED_MEDIA_TYPE', trouble))
}

function encodingTrouble({ headers }: FastifyRequest): string | undefined {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
  if (!hasBody) return undefined
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity') {
    return 'content-encoding (header) must be identity or absent: bodies are taken uncompressed'
  }
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[2]
  if (charset !== undefined && !CHARSETS.includes(charset.toLowerCase())) {
    return 'content-type (header) must have no charset but utf-8: bodies are taken in UTF-8'
  }
  return undefined
}
