// A Fastify instance as the contract needs it. Its defaults remove unknown members, turn "3600" into 3600, answer 404
// to a wrong method and 400 to a wrong media type: each is turned off here, and has a test.

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

/** Versions that are spoken. */
export const MIN_TLS_VERSION = 'TLSv1.2'

export interface ServerSettings {
  /** Certificate and key, PEM. Without: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Whose `X-Forwarded-*` to believe. Default: nobody's. */
  readonly trustProxy?: boolean | string | string[]
  /** Default: 1 MiB. The largest lists of ports that the contract allows fit. */
  readonly bodyLimit?: number
  /** What a proxy in front puts before our paths: the path of `publicUrl`. Default: nothing. */
  readonly publicPath?: string
  /** Origins (RFC 6454) whose pages may read answers; `*`: every origin. Default: none. */
  readonly corsOrigins?: readonly string[]
  /** In which a request must have come, its body included. Default: 30 000. */
  readonly requestTimeoutMs?: number
  /** After which a connection without a request is closed. Default: 72 000. */
  readonly keepAliveTimeoutMs?: number
  /** Connections at once. Default: 10 000. */
  readonly maxConnections?: number
  /** After which connections are cut that keep the server from closing. Default: 5 000. */
  readonly stopGraceMs?: number
  readonly onFault: (error: QodError) => void
}

const BODY_LIMIT = 1_048_576

/** Methods that any path has. */
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
  /** For what no route has answered to. */
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = toQodError(error)
    if (isFault(refusal)) onFault(refusal)
    if (!reply.hasHeader('x-correlator')) correlate(request, reply)
    // A URL that is malformed meets no hook.
    if (!reply.hasHeader('x-content-type-options')) {
      protect(reply)
      cors.mark(request, reply)
    }
    sendError(reply, refusal)
  }
  // A request without Host is refused by us, in our words.
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
    // Connections that are between requests are closed at once when the gateway stops, the others after their answer.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // The router takes any target that is no path for a malformed one.
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
  // The last word before a body is read, when nothing speaks against it any more.
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

/** Every request comes to our routes: Node would answer some in words of its own, and drop others. */
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
  // Node hands the connection over. Answers to what was asked on it before still go first.
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

/** What is asked before anything else, whatever the path: the correlator, the head, and whether there is such a thing. */
function checkHeads(app: FastifyInstance, cors: Cors): void {
  const methodsOf = methodsByUrl(app)
  app.addHook('onRequest', (request, reply, done) => {
    correlate(request, reply)
    cors.mark(request, reply)
    const trouble = headTrouble(request.raw, request.originalUrl)
    if (trouble !== undefined || !request.is404) return done(trouble)
    const methods = methodsOf(request.url)
    // A preflight carries no key.
    if (!cors.answered(request, reply, methods)) done(absence(request.url, methods))
  })
}

/** What can be said against a body before it is sent. */
function bodyTrouble({ headers, routeOptions, server }: FastifyRequest): QodError | undefined {
  if (Number(headers['content-length']) > (routeOptions.bodyLimit as number)) return new QodError('PAYLOAD_TOO_LARGE')
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType === undefined || server.hasContentTypeParser(mediaType)) return undefined
  return server.hasContentTypeParser('*') ? undefined : new QodError('UNSUPPORTED_MEDIA_TYPE')
}

/** Whether the target is no path, by its method: the authority of CONNECT, the asterisk of OPTIONS (RFC 9112 section 3.2). */
const isServerWide = ({ method, url }: FastifyRequest): boolean => method === 'CONNECT' || url === '*'

/** Where the target is no path, the methods are those of the whole server. */
function absence(url: string, methods: readonly string[]): QodError {
  const allow = url.startsWith('/') ? methods : OPERATION_METHODS
  return allow.length === 0
    ? new QodError('NOT_FOUND', 'There is nothing at this path.')
    : new QodError('METHOD_NOT_ALLOWED', undefined, { allow })
}

/** A request that never comes to its end, or a reader that never reads, does not keep the server open. */
function cutAfter(app: FastifyInstance, graceMs: number): void {
  app.addHook('preClose', (done) => {
    const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
    app.server.once('close', () => clearTimeout(cut))
    done()
  })
}

/** Clients open connections ahead of need. Node takes one that has not asked for anything yet for busy, and waits. */
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
