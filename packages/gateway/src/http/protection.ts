// Headers against caching, content sniffing and access without TLS.

import type { FastifyInstance, FastifyReply } from 'fastify'

/** A year, in seconds (RFC 6797 section 6.1.1). */
const HSTS_S = 31_536_000

/**
 * Has every answer carry them.
 * @param tls whether the TLS of this server is ours; behind a proxy it is the proxy that may promise it
 * @returns sets them on an answer that no hook has seen
 */
export function protectAnswers(app: FastifyInstance, tls: boolean): (reply: FastifyReply) => void {
  const headers = {
    // Answers hold personal data and credentials. What may be kept says so itself.
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(tls && { 'strict-transport-security': `max-age=${HSTS_S}` }),
  }
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
  return (reply) => void reply.headers(headers)
}
