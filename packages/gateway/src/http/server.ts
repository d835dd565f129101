// A Fastify instance for the contract. Fastify's defaults remove unknown members, coerce "3600" to 3600, answer 404 to
// a wrong method and 400 to a wrong media type: each is turned off here, and has a test.

import { type IncomingMessage, ServerResponse } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { QodError } from '@rightofway/camara'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { methodsByUrl } from './allowed-methods.js'
import { afterAnswers, answerClientError, noteExchange, noteExchanges } from './client-errors.js'
import { useCompilers } from './compilers.js'
import { correlate } from './correlator.js'
import { type Cors, corsFor } from './cors.js'
import { isFault, sendError, toQodError } from './errors.js'
import { addJsonParser, refuseEncodings } from './json-body.js'
import { protectAnswers } from './protection.js'
import { withoutPublicPath } from './public-path.js'
import { expectsContinue, headTrouble, MAX_HEADER_FIELDS, originForm } from './request-head.js'
import { decorateRequests } from './route.js'
import { ROUTER_OPTIONS } from './router-options.js'

/** The minimum version of TLS. */
export const MIN_TLS_VERSION = 'TLSv1.2'

export interface ServerSettings {
  /** Certificate and key, PEM. Without: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** The proxies whose `X-Forwarded-*` is trusted. Default: none. */
  readonly trustProxy?: boolean | string | string[]
  /** Default: 1 MiB, enough for the largest lists of ports that the contract allows. */
  readonly bodyLimit?: number
  /** Prefix that a proxy adds to our paths: the path of `publicUrl`. Default: none. */
  readonly publicPath?: string
  /** Origins (RFC 6454) whose pages may read answers; `*`: every origin. Default: none. */
  readonly corsOrigins?: readonly string[]
  /** Time in which a request must arrive, with its body. Default: 30 000. */
  readonly requestTimeoutMs?: number
  /** Time after which a connection without a request is closed. Default: 72 000. */
  readonly keepAliveTimeoutMs?: number
  /** Concurrent connections. Default: 10 000. */
  readonly maxConnections?: number
  /** Time after which connections that keep the server from closing are cut. Default: 5 000. */
  readonly stopGraceMs?: number
  readonly onFault: (error: QodError) => void
}

const BODY_LIMIT = 1_048_576

/** All methods of the APIs. */
const OPERATION_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export function createServer({
  tls,
  trustProxy = false,
  bodyLimit = BODY_LIMIT,
  publicPath = '',
  corsOrigins = [],
  requestTimeoutMs = 30_000,
  keepAliveTimeoutMs = 72_000,
  maxConnections = 10_000,
  stopGraceMs = 5_000,
  onFault,
}: ServerSettings): FastifyInstance {
  const cors = corsFor(corsOrigins)
  /** Answers requests that no route has answered. */
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = toQodError(error)
    if (isFault(refusal)) onFault(refusal)
    if (!reply.hasHeader('x-correlator')) correlate(request, reply)
    // No hook runs for a malformed URL.
    if (!reply.hasHeader('x-content-type-options')) {
      protect(reply)
      cors.mark(request, reply)
    }
    sendError(reply, refusal)
  }
  // `checkHeads` refuses a request without Host.
  const serverOptions: ServerOptions = {
    requireHostHeader: false,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    ...(tls && { ...tls, minVersion: MIN_TLS_VERSION }),
  }
  const app: FastifyInstance = Fastify({
    bodyLimit,
    trustProxy,
    routerOptions: ROUTER_OPTIONS,
    rewriteUrl: (request) => withoutPublicPath(originForm(request), publicPath),
    // When the gateway stops, idle connections are closed at once, the others after their answer.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // The router reports a target that is no path as malformed.
    frameworkErrors: (error, request, reply) =>
      refuse(isServerWide(request) ? absence(request.url, []) : error, request, reply),
    clientErrorHandler: answerClientError,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    ...({ [tls ? 'https' : 'http']: serverOptions } as { http: ServerOptions }),
  })
  app.server.maxConnections = maxConnections
  cutAfter(app, stopGraceMs)
  takeAllMessages(app)
  const protect = protectAnswers(app, tls !== undefined)
  closeUnused(app, tls ? 'secureConnection' : 'connection')
  decorateRequests(app)
  checkHeads(app, cors)
  useCompilers(app)
  app.removeAllContentTypeParsers()
  addJsonParser(app, 'application/json')
  app.addHook('preParsing', refuseEncodings)
  // The last hook before a body is read, after all other checks: sends 100 where it is expected.
  app.addHook('preParsing', (request, reply, _payload, done) => {
    if (!expectsContinue(request.headers)) return done()
    const trouble = bodyTrouble(request)
    if (trouble === undefined) reply.raw.writeContinue()
    done(trouble)
  })
  app.setErrorHandler(refuse)
  app.setNotFoundHandler((request, reply) =>
    refuse(new QodError('NOT_FOUND', 'There is nothing at this path.'), request, reply),
  )
  return app
}

/** Passes every request to our routes: Node would answer some itself, and drop others. */
function takeAllMessages(app: FastifyInstance): void {
  const { server } = app
  server.maxHeadersCount = MAX_HEADER_FIELDS + 1
  noteExchanges(server)
  const take = (request: IncomingMessage, response: ServerResponse) => {
    noteExchange(request, response)
    app.routing(request, response)
  }
  server.on('checkContinue', take)
  server.on('checkExpectation', take)
  // Node hands the connection over. Pending answers on it go first.
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    afterAnswers(socket, () => {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket)
      response.once('finish', () => socket.end())
      app.routing(request, response)
    })
  })
}

/** The first checks, for every path: the correlator, the head, and whether path and method exist. */
function checkHeads(app: FastifyInstance, cors: Cors): void {
  const methodsOf = methodsByUrl(app)
  app.addHook('onRequest', (request, reply, done) => {
    correlate(request, reply)
    cors.mark(request, reply)
    const trouble = headTrouble(request.raw, request.originalUrl)
    if (trouble !== undefined || !request.is404) return done(trouble)
    const methods = methodsOf(request.url)
    // A preflight has no key.
    if (!cors.answered(request, reply, methods)) done(absence(request.url, methods))
  })
}

/** Reasons to refuse a body before it is sent. */
function bodyTrouble({ headers, routeOptions, server }: FastifyRequest): QodError | undefined {
  if (Number(headers['content-length']) > (routeOptions.bodyLimit as number)) return new QodError('PAYLOAD_TOO_LARGE')
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType === undefined || server.hasContentTypeParser(mediaType)) return undefined
  return server.hasContentTypeParser('*') ? undefined : new QodError('UNSUPPORTED_MEDIA_TYPE')
}

/** Whether the target is no path: the authority of CONNECT, the asterisk of OPTIONS (RFC 9112 section 3.2). */
const isServerWide = ({ method, url }: FastifyRequest): boolean => method === 'CONNECT' || url === '*'

/** Where the target is no path, the methods are those of the whole server. */
function absence(url: string, methods: readonly string[]): QodError {
  const allow = url.startsWith('/') ? methods : OPERATION_METHODS
  return allow.length === 0
    ? new QodError('NOT_FOUND', 'There is nothing at this path.')
    : new QodError('METHOD_NOT_ALLOWED', undefined, { allow })
}

/** Cuts incomplete requests and stalled readers, which would keep the server from closing. */
function cutAfter(app: FastifyInstance, graceMs: number): void {
  app.addHook('preClose', (done) => {
    const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
    app.server.once('close', () => clearTimeout(cut))
    done()
  })
}

/** Clients open connections in advance. Node would wait for one without a request as for a busy one. */
function closeUnused(app: FastifyInstance, accepted: 'connection' | 'secureConnection'): void {
  const unused = new Set<Socket>()
  app.server.on(accepted, (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket))
  app.addHook('preClose', (done) => {
    for (const socket of unused) socket.destroy()
    done()
  })
}
