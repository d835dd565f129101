// A Fastify instance as the contract needs it. Its defaults remove unknown members, turn "3600" into 3600, answer 404
// to a wrong method and 400 to a wrong media type: each is turned off here, and has a test.

import type { IncomingMessage } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { QodError } from '@rightofway/camara'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answerClientError } from './client-errors.js'
import { useCompilers } from './compilers.js'
import { correlate } from './correlator.js'
import { sendError, toQodError } from './errors.js'
import { addJsonParser, refuseEncodings } from './json-body.js'
import { protectAnswers } from './protection.js'
import { decorateRequests } from './route.js'

export interface ServerSettings {
  /** Certificate and key, PEM. Without: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Whose `X-Forwarded-*` to believe. Default: nobody's. */
  readonly trustProxy?: boolean | string | string[]
  /** Default: 1 MiB. The largest lists of ports that the contract allows fit. */
  readonly bodyLimit?: number
  readonly onFault: (error: QodError) => void
}

const BODY_LIMIT = 1_048_576

export function createServer({
  tls,
  trustProxy = false,
  bodyLimit = BODY_LIMIT,
  onFault,
}: ServerSettings): FastifyInstance {
  /** For what no route has answered to. */
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = toQodError(error)
    if (refusal.status >= 500) onFault(refusal)
    if (!reply.hasHeader('x-correlator')) correlate(request, reply)
    // A URL that is malformed meets no hook.
    if (!reply.hasHeader('x-content-type-options')) protect(reply)
    sendError(reply, refusal)
  }
  const app = Fastify({
    bodyLimit,
    trustProxy,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2_048 },
    // Connections that are between requests are closed at once when the gateway stops, the others after their answer.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: refuse,
    clientErrorHandler: answerClientError,
    ...(tls && { https: { ...tls, minVersion: 'TLSv1.2' } satisfies ServerOptions }),
  }) as FastifyInstance
  const protect = protectAnswers(app, tls !== undefined)
  closeUnused(app, tls ? 'secureConnection' : 'connection')
  decorateRequests(app)
  useCompilers(app)
  app.removeAllContentTypeParsers()
  addJsonParser(app, 'application/json')
  app.addHook('preParsing', refuseEncodings)
  app.setErrorHandler(refuse)
  app.setNotFoundHandler((request, reply) =>
    refuse(new QodError('NOT_FOUND', 'There is nothing at this path.'), request, reply),
  )
  return app
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
