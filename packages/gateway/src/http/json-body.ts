// Bodies as JSON (RFC 8259): UTF-8 only, and not compressed.

import { isUtf8 } from 'node:buffer'
import { setImmediate as othersFirst } from 'node:timers/promises'
import { QodError } from '@rightofway/camara'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isDeeperThan } from './json-depth.js'
import { jsonErrorAt } from './json-error.js'
import { troubleWithin } from './text.js'

const BYTE_ORDER_MARK = 0xfeff

/** Names of UTF-8, and of US-ASCII, which is a subset. */
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii']

const CHARSET = /;\s*charset\s*=\s*("?)([^\s";]*)\1/gi

/** No schema of ours is half as deep. */
const MAX_DEPTH = 32

/** Larger bodies would delay other requests (bytes): only files on the admin socket are larger. */
const MAX_AT_ONCE = 2 * 1_048_576

/** In longer texts the position of an error is not searched for: it takes longer than parsing (characters). */
const MAX_SEARCHED = 65_536

/** Escapes that may stand for refused characters, and so need a check. */
const ESCAPED = /\\u(?:00[01]|007[fF]|[dD][89a-fA-F])/

/** Reads bodies of a media type as JSON. */
export function addJsonParser(app: FastifyInstance, mediaType: string): void {
  app.addContentTypeParser(mediaType, { parseAs: 'buffer' }, (request, body, done) => {
    // Some clients send the media type of JSON without a body, with GET and DELETE.
    if (body.length === 0 && (request.method === 'GET' || request.method === 'DELETE')) return done(null, undefined)
    if (body.length > MAX_AT_ONCE) {
      parseInTurns(body as Buffer).then((value) => done(null, value), done)
      return
    }
    try {
      const text = textOf(body as Buffer)
      done(null, checked(parseText(text), text))
    } catch (error) {
      done(error as QodError)
    }
  })
}

/** As for smaller bodies, and yields to other requests after each step. */
async function parseInTurns(body: Buffer): Promise<unknown> {
  const text = textOf(body)
  await othersFirst()
  const value = parseText(text)
  await othersFirst()
  checked(value, text)
  await othersFirst()
  return value
}

/** @throws {QodError} `INVALID_ARGUMENT` */
function textOf(body: Buffer): string {
  // RFC 8259 section 8.1. Decoding would silently change it.
  if (!isUtf8(body)) throw invalid('The body is not UTF-8')
  const received = body.toString()
  // RFC 8259 section 8.1: a parser may ignore the byte order mark, and some clients send it.
  const text = received.charCodeAt(0) === BYTE_ORDER_MARK ? received.slice(1) : received
  if (text === '') throw invalid('The body is empty; it must be a JSON object')
  if (isDeeperThan(text, MAX_DEPTH)) throw invalid(`The body has more than ${MAX_DEPTH} levels of lists and objects`)
  return text
}

/** Refuses characters that were escaped. @throws {QodError} `INVALID_ARGUMENT` */
function checked(value: unknown, text: string): unknown {
  const trouble = ESCAPED.test(text) ? troubleWithin(value) : undefined
  if (trouble !== undefined) throw invalid(trouble)
  return value
}

/** @throws {QodError} `INVALID_ARGUMENT` with the position, and without the text: it may contain personal data */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (text.length > MAX_SEARCHED) throw invalid('The body is not JSON')
    throw invalid(`The body is not JSON: there is an error at position ${jsonErrorAt(text)}`)
  }
}

const invalid = (message: string): QodError => new QodError('INVALID_ARGUMENT', message)

/** Refuses bodies that are compressed or not UTF-8, whatever their media type: a hook before they are parsed. */
export function refuseEncodings(
  request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: (error?: Error) => void,
): void {
  const trouble = encodingTrouble(request)
  // RFC 9110 section 15.5.16: the header distinguishes an unsupported coding from an unsupported media type.
  if (trouble?.startsWith('content-encoding')) reply.header('accept-encoding', 'identity')
  done(trouble === undefined ? undefined : new QodError('UNSUPPORTED_MEDIA_TYPE', trouble))
}

function encodingTrouble({ headers }: FastifyRequest): string | undefined {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
  if (!hasBody) return undefined
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity') {
    return 'content-encoding (header) must be identity or absent: compressed bodies are not supported'
  }
  const charsets = [...(headers['content-type'] ?? '').matchAll(CHARSET)]
  if (charsets.some(([, , charset = '']) => !CHARSETS.includes(charset.toLowerCase()))) {
    return 'content-type (header) must have the charset utf-8, or none'
  }
  return undefined
}
