// Bodies as JSON (RFC 8259), in the one form that is taken: UTF-8, as it is.

import { isUtf8 } from 'node:buffer'
import { setImmediate as othersFirst } from 'node:timers/promises'
import { QodError } from '@rightofway/camara'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isDeeperThan } from './json-depth.js'
import { jsonErrorAt } from './json-error.js'
import { troubleWithin } from './text.js'

const BYTE_ORDER_MARK = 0xfeff

/** Names of UTF-8, and of the encoding whose every text is UTF-8 too. */
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii']

const CHARSET = /;\s*charset\s*=\s*("?)([^\s";]*)\1/gi

/** No schema of ours goes half as deep. */
const MAX_DEPTH = 32

/** What takes longer to read than others should wait (bytes): files on the admin socket alone. */
const MAX_AT_ONCE = 2 * 1_048_576

/** Above that the place of a mistake is not looked for: it takes longer than reading what is right (characters). */
const MAX_SEARCHED = 65_536

/** Escapes of what may not enter, and of what may: to be looked at closely. */
const ESCAPED = /\\u(?:00[01]|007[fF]|[dD][89a-fA-F])/

/** Reads bodies of a media type as JSON. */
export function addJsonParser(app: FastifyInstance, mediaType: string): void {
  app.addContentTypeParser(mediaType, { parseAs: 'buffer' }, (request, body, done) => {
    // Some clients say they send JSON whatever they send: nothing, with GET and DELETE.
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

/** As for smaller bodies, with others' turns between the steps, and before what comes after the last. */
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
  // RFC 8259 section 8.1. Read otherwise it would become something else, without a word.
  if (!isUtf8(body)) throw invalid('The body is not UTF-8')
  const received = body.toString()
  // RFC 8259 section 8.1: a parser may ignore it, and some clients send it.
  const text = received.charCodeAt(0) === BYTE_ORDER_MARK ? received.slice(1) : received
  if (text === '') throw invalid('The body is empty; it must be a JSON object')
  if (isDeeperThan(text, MAX_DEPTH)) throw invalid(`The body has more than ${MAX_DEPTH} levels of lists and objects`)
  return text
}

/** What may not enter can be written in escapes. @throws {QodError} `INVALID_ARGUMENT` */
function checked(value: unknown, text: string): unknown {
  const trouble = ESCAPED.test(text) ? troubleWithin(value) : undefined
  if (trouble !== undefined) throw invalid(trouble)
  return value
}

/** @throws {QodError} `INVALID_ARGUMENT` with the position, and without the text: it may hold personal data */
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
  // RFC 9110 section 15.5.16: it tells a coding that is not taken from a media type that is not.
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
