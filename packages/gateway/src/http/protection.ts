// Headers against caching, content sniffing and access without TLS.

import type { FastifyInstance, FastifyReply } from 'fastify'

/** A year, in seconds (RFC 6797 section 6.1.1). */
const HSTS_S = 31_536_000

/**
 * Adds them to every answer.
 * @param tls whether this server itself has TLS; behind a proxy, the proxy may send HSTS
 * @returns adds them to an answer for which no hook runs
 */
export function protectAnswers(app: FastifyInstance, tls: boolean): (reply: FastifyReply) => void {
  const headers = {
    // Answers contain personal data and credentials. Those that may be cached override this.
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
