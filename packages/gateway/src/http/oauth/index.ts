// The authorization server under its path. Its code is loaded on the first request.

import { isUtf8 } from 'node:buffer'
import { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodeJwt, decodeProtectedHeader, errors } from 'jose'
import type { Provider } from 'oidc-provider'
import { OAUTH_PATH } from '../../auth/callers/embedded-tokens.js'
import type { SigningKeys } from '../../auth/secrets/signing-keys.js'
import type { PublicUrl } from '../../ports/public-url.js'
import { encodedTrouble, textTrouble } from '../text.js'
import { isClientId } from './client-adapter.js'
import { openProvider, type ProviderDeps } from './provider.js'
import { PublishedKeys } from './published-keys.js'
import { Rates, siteOf } from './rates.js'
import { Refusals } from './refusals.js'

/** OpenID Connect Discovery section 4. */
export const OPENID_CONFIGURATION = `${OAUTH_PATH}/.well-known/openid-configuration`

/** The endpoints of the server. The gateway refuses all other paths. */
const ENDPOINTS = [
  ['/.well-known/openid-configuration', 'GET'],
  ['/.well-known/oauth-authorization-server', 'GET'],
  ['/jwks', 'GET'],
  ['/authorize', 'GET'],
  ['/token', 'POST'],
  ['/bc-authorize', 'POST'],
] as const

/** Larger than any token request (bytes). The body is read before authentication. */
const BODY_LIMIT = 16_384

const TOO_LARGE = 413

/** By RFC 6749, 401 refuses a client, and 400 its request. */
const UNAUTHORIZED = 401

export interface OAuthDeps extends Omit<ProviderDeps, 'published'> {
  /** Fetches from a URL that a client chose. */
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds of a monotonic clock. */
  readonly monotonicNow: () => number
  /** Rate of one client, or of one address for clients that were not served yet. */
  readonly requestsPerSecond: number
  readonly keys: SigningKeys
  /** Base URL of the gateway as applications know it. */
  readonly publicUrl: PublicUrl
  /** Called with each refused client: its address, and the id that it sent. */
  readonly onRefusal: (address: string, client: string | undefined) => void
}

type Handler = ReturnType<Provider['callback']>

export function addOAuth(app: FastifyInstance, deps: OAuthDeps): void {
  const published = new PublishedKeys(deps)
  const handlerNow = handlers(deps, published)
  const refusals = new Refusals(deps.monotonicNow)
  const rates = new Rates(deps.requestsPerSecond, deps.monotonicNow)
  const tooOften = (reply: FastifyReply, waitMs: number, what = 'refused requests') =>
    reply
      .code(429)
      .header('retry-after', String(Math.ceil(waitMs / 1000)))
      .send({ error: 'temporarily_unavailable', error_description: `too many ${what}: try again later` })
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) => {
      if (error.statusCode !== TOO_LARGE) throw error
      const error_description = `the body can have at most ${BODY_LIMIT} bytes`
      return reply.code(TOO_LARGE).send({ error: 'invalid_request', error_description })
    })
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    for (const [path, method] of ENDPOINTS) {
      scope.route({
        method,
        url: OAUTH_PATH + path,
        bodyLimit: BODY_LIMIT,
        // A client that a header names is refused before the body is read.
        onRequest: (request, reply, done) => {
          const client = clientInHeader(request.headers.authorization)
          const waitMs = client === undefined ? 0 : refusals.waitOf(request.ip, client, request.headers.authorization)
          if (waitMs === 0) done()
          else void tooOften(reply, waitMs)
        },
        async handler(request, reply) {
          const body = request.body as Buffer | undefined
          const client = names(path) ? clientIn(request, body) : undefined
          const who = refusals.isServed(request.ip, client) ? client : siteOf(request.ip)
          const pauseMs = rates.take(who)
          if (pauseMs > 0) return tooOften(reply, pauseMs, 'requests')
          const trouble = body && formTrouble(body)
          if (trouble !== undefined) {
            return reply.code(400).send({ error: 'invalid_request', error_description: `the body ${trouble}` })
          }
          const waitMs = names(path) ? refusals.waitOf(request.ip, client, request.headers.authorization) : 0
          if (waitMs > 0) return tooOften(reply, waitMs)
          const kid = client && keyNamed(body)
          if (kid) published.expect(client, kid)
          const handle = await handlerNow()
          // The headers of all our answers; the server adds its own.
          for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value ?? '')
          reply.hijack()
          await handle(mounted(request.raw, body, new URL(deps.publicUrl.value)), reply.raw)
          if (!names(path)) return
          const { statusCode } = reply.raw
          if (statusCode === UNAUTHORIZED) {
            refusals.refused(request.ip, client, request.headers.authorization)
            deps.onRefusal(request.ip, client)
          } else if (statusCode >= 400) refusals.asksWrongly(request.ip, client)
          else if (client !== undefined && method === 'POST')
            refusals.served(request.ip, client, request.headers.authorization)
        },
      })
    }
  })
}

/** Whether clients authenticate at an endpoint. The others are documents. */
const names = (path: (typeof ENDPOINTS)[number][0]): boolean => !path.startsWith('/.well-known/') && path !== '/jwks'

/** The client id in a header, a form (RFC 6749 section 2.3.1, RFC 7523 section 3) or a query (section 4.1.1). */
function clientIn({ headers, url }: FastifyRequest, body: Buffer | undefined): string | undefined {
  const query = body === undefined ? url.slice(url.indexOf('?') + 1) : body.toString()
  const form = new URLSearchParams(query)
  return (
    clientInHeader(headers.authorization) ?? clientId(form.get('client_id') ?? subjectOf(form.get('client_assertion')))
  )
}

function clientInHeader(authorization: string | undefined): string | undefined {
  const [, basic] = /^Basic +(\S+)$/i.exec(authorization ?? '') ?? []
  return clientId(basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(':')[0])
}

const clientId = (id: string | null | undefined): string | undefined => (id && isClientId(id) ? id : undefined)

/** The `sub` of an assertion, not verified. */
function subjectOf(assertion: string | null): string | undefined {
  try {
    return assertion === null ? undefined : decodeJwt(assertion).sub
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** The `kid` of an assertion, not verified. */
function keyNamed(body: Buffer | undefined): string | undefined {
  const assertion = body && new URLSearchParams(body.toString()).get('client_assertion')
  try {
    return assertion ? decodeProtectedHeader(assertion).kid : undefined
  } catch {
    // It is no JWT, and is refused later.
    return undefined
  }
}

/** The error in a form (application/x-www-form-urlencoded); undefined: none. */
function formTrouble(body: Buffer): string | undefined {
  if (!isUtf8(body)) return 'is not UTF-8'
  const text = body.toString()
  return textTrouble(text) ?? encodedTrouble(text)
}

/** One server for each set of keys. */
function handlers(deps: OAuthDeps, published: PublishedKeys): () => Promise<Handler> {
  let current: { readonly kids: string; readonly handler: Promise<Handler> } | undefined
  return async () => {
    const keys = await deps.keys.privateKeys()
    const kids = keys.map(({ kid }) => kid).join()
    if (current?.kids !== kids) {
      const audience = deps.publicUrl.value
      const opening = openProvider({ ...deps, published }, { issuer: audience + OAUTH_PATH, audience, keys })
      current = { kids, handler: opening.then((provider) => provider.callback()) }
      opening.catch(() => {
        current = undefined
      })
    }
    return current.handler
  }
}

/** The request as a separate server would get it, under the public URL. */
function mounted(
  received: IncomingMessage,
  body: Buffer | undefined,
  { protocol, host, pathname }: URL,
): IncomingMessage {
  const url = (received.url ?? '').slice(OAUTH_PATH.length)
  const path = pathname.replace(/\/$/, '') + OAUTH_PATH
  const request = new IncomingMessage(received.socket)
  request.push(body ?? null)
  if (body !== undefined) request.push(null)
  request.complete = true
  const { method, rawHeaders, httpVersion } = received
  return Object.assign(request, {
    method,
    rawHeaders,
    httpVersion,
    url,
    originalUrl: path + url,
    headers: { ...received.headers, 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host },
  })
}
