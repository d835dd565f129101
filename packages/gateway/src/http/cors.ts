// Cross-Origin Resource Sharing (Fetch standard, section "CORS protocol"): which pages of other origins may read answers
// of the applications' APIs. Cookies never count across origins: Access-Control-Allow-Credentials is never sent.

import type { FastifyReply, FastifyRequest } from 'fastify'

/** The value of `http.cors.origins` that allows every origin. */
const ANY_ORIGIN = '*'

/** Request headers with a meaning here; a page may send no others. */
const REQUEST_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'idempotency-key',
  'last-event-id',
  'prefer',
  'x-correlator',
  'x-rapidapi-key',
].join(', ')

/** Headers of answers that a page may read beside those that it always may. The SDK goes by the clock of `Date`. */
const ANSWER_HEADERS = ['allow', 'date', 'link', 'retry-after', 'warning', 'www-authenticate', 'x-correlator'].join(
  ', ',
)

/** How long a browser may remember the answer to a preflight (seconds). Chromium remembers it for no longer. */
const MAX_AGE_S = '7200'

/** Paths of operators and their tools: no page of another origin can read them. */
const OF_OPERATORS = /^\/(?:admin|dashboard|metrics|sandbox)(?:[/?]|$)/

export interface Cors {
  /** Tells a page whether it may read this answer. */
  mark(request: FastifyRequest, reply: FastifyReply): void
  /**
   * Whether a request is a preflight that is answered here; then its answer has been sent.
   * @param methods of the path
   */
  answered(request: FastifyRequest, reply: FastifyReply, methods: readonly string[]): boolean
}

/** @param origins that may read answers; `*`: every origin */
export function corsFor(origins: readonly string[]): Cors {
  const any = origins.includes(ANY_ORIGIN)
  const allowed = new Set(origins.map(normalOrigin))
  const allows = ({ headers: { origin }, url }: FastifyRequest): boolean =>
    origin !== undefined && !OF_OPERATORS.test(url) && (any || allowed.has(origin))
  return {
    mark(request, reply) {
      if (allowed.size === 0) return
      // The answer to another origin differs, and a cache must not confuse the two.
      if (!any) reply.header('vary', 'origin')
      if (!allows(request)) return
      reply.header('access-control-allow-origin', any ? ANY_ORIGIN : request.headers.origin)
      reply.header('access-control-expose-headers', ANSWER_HEADERS)
    },
    answered(request, reply, methods) {
      const { method, headers } = request
      if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false
      if (methods.length === 0 || !allows(request)) return false
      reply.header('access-control-allow-methods', methods.join(', '))
      reply.header('access-control-allow-headers', REQUEST_HEADERS)
      reply.header('access-control-max-age', MAX_AGE_S)
      void reply.code(204).send()
      return true
    },
  }
}

/** As browsers write it in `Origin` (RFC 6454 section 6.2): in lower case, without the default port. */
function normalOrigin(origin: string): string {
  if (origin === ANY_ORIGIN) return origin
  const known = new URL(origin).origin
  // URL gives no origin to schemes such as that of an application on a phone (capacitor://localhost).
  return known === 'null' ? origin.toLowerCase() : known
}
