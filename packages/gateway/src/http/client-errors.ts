// Requests that cannot be parsed. Node reports them with the socket alone. Pending answers on the connection go first,
// in order (RFC 9112 section 9.3.2), and nothing is written into an answer that has begun.

import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorInfo, QodError } from '@rightofway/camara'
import { correlatorIn } from './correlator.js'

interface ClientError extends Error {
  readonly code?: string
  /** The bytes in which the parser failed. */
  readonly rawPacket?: unknown
  /** The position of the error in them. */
  readonly bytesParsed?: number
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Method, target and version (RFC 9112 section 3). */
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \S+ HTTP\/1\.[01]\r?$/
/** The same, incomplete. */
const LONG_REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \S+( HTTP\/1\.[01]\r?)?$/

/** The last request of each connection. Answers are sent in order: when this one is sent, all are. */
const lastOn = new WeakMap<Socket, Exchange>()
const broken = new WeakSet<Socket>()

/** Records the pending answers of connections. Call it for every request, before it is answered. */
export function noteExchange(request: IncomingMessage, response: ServerResponse): void {
  lastOn.set(request.socket, { request, response })
}

/** As {@link noteExchange}, for all `request` events of a server. */
export const noteExchanges = (server: Server): void => void server.prependListener('request', noteExchange)

/** Calls back when a connection has no pending answer. Never, if it breaks before. */
export function afterAnswers(socket: Socket, then: () => void): void {
  const { response } = lastOn.get(socket) ?? {}
  if (response === undefined || response.closed) then()
  else response.once('close', then)
}

/** Answers a request that could not be parsed, and closes the connection. */
export function answerClientError(error: ClientError, socket: Socket): void {
  // The client has closed the connection.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // Node reports every following packet too.
  if (broken.has(socket)) return
  broken.add(socket)
  const refusal = toQodError(error)
  const last = lastOn.get(socket)
  if (last !== undefined && !last.request.complete) endWith(refusal, last)
  else afterAnswers(socket, () => refuseOn(socket, refusal))
}

/** The error is in the body of a request. Node keeps its answer in order. */
function endWith(refusal: QodError, { request, response }: Exchange): void {
  const { socket } = request
  if (response.headersSent) {
    if (response.closed) socket.destroySoon()
    else response.once('close', () => socket.destroySoon())
    return
  }
  const { status, headers, body } = answerOf(refusal, correlatorIn(request.headers))
  response.writeHead(status, headers).end(body)
}

function refuseOn(socket: Socket, refusal: QodError): void {
  if (!socket.writable) return
  const { status, headers, body } = answerOf(refusal, undefined)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroySoon())
}

function answerOf({ status, code, message }: QodError, correlator: string | undefined) {
  const body = JSON.stringify({ status, code, message } satisfies ErrorInfo)
  const headers = {
    Connection: 'close',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'x-correlator': correlator ?? randomUUID(),
  }
  return { status, headers, body }
}

function toQodError(error: ClientError): QodError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new QodError(LONG_REQUEST_LINE.test(lineIn(error)) ? 'URI_TOO_LONG' : 'REQUEST_HEADER_FIELDS_TOO_LARGE')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new QodError('PAYLOAD_TOO_LARGE')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new QodError('REQUEST_TIMEOUT')
    case 'HPE_INVALID_METHOD':
      return REQUEST_LINE.test(lineIn(error)) ? new QodError('NOT_IMPLEMENTED') : noRequest()
    default:
      return noRequest()
  }
}

const noRequest = (): QodError => new QodError('INVALID_ARGUMENT', 'This is not an HTTP/1.1 request')

/** The line with the error. */
function lineIn({ rawPacket, bytesParsed = 0 }: ClientError): string {
  const text = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : ''
  const begin = bytesParsed === 0 ? 0 : text.lastIndexOf('\n', bytesParsed - 1) + 1
  const end = text.indexOf('\n', begin)
  return text.slice(begin, end < 0 ? undefined : end)
}
