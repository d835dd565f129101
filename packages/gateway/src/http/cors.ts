// Cross-Origin Resource Sharing (Fetch standard, section "CORS protocol"): which pages of other origins may read answers
// of the applications' APIs. Cookies never count across origins: Access-Control-Allow-Credentials is never sent.

import type { FastifyReply, FastifyRequest } from 'fastify'

/** In `http.cors.origins`: every origin. */
const ANY_ORIGIN = '*'

/** Request headers that the APIs use; a page may send no others. */
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

/** Answer headers that a page may read besides the safelisted ones. The SDK uses the time of `Date`. */
const ANSWER_HEADERS = ['allow', 'date', 'link', 'retry-after', 'warning', 'www-authenticate', 'x-correlator'].join(
  ', ',
)

/** How long a browser may cache the answer to a preflight (seconds): the maximum of Chromium. */
const MAX_AGE_S = '7200'

/** Paths of operators and their tools: no page of another origin can read them. */
const OF_OPERATORS = /^\/(?:admin|dashboard|metrics|sandbox)(?:[/?]|$)/

export interface Cors {
  /** Sets the headers that say whether a page may read this answer. */
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
      // Answers differ by origin, and a cache must keep them apart.
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
  // URL has no origin for schemes such as that of a mobile application (capacitor://localhost).
  return known === 'null' ? origin.toLowerCase() : known
}
