// Access tokens for sinks whose credential is PRIVATE_KEY_JWT: asked for at the authorization server that was agreed on
// with the application, with a signed assertion instead of a secret (RFC 7521, RFC 7523), and kept until they expire.

import type { ApplicationId } from '@rightofway/camara'
import { type Dispatcher, request } from 'undici'
import type { AssertionKeys } from '../auth/secrets/assertion-keys.js'
import type { TokenClient } from '../ports/store/sink-credentials.js'
import { reasonOf } from './sink-client.js'

export type TokenAnswer =
  | { readonly token: string }
  /** Why there is none, in words that may stand in a log. */
  | { readonly failure: string }

export interface SinkTokenSourceDeps {
  readonly keys: Pick<AssertionKeys, 'assert'>
  /** The guarded dialler: the endpoint is an address that somebody else chose. */
  readonly agent: Dispatcher
  readonly realNow: () => number
}

/** Milliseconds of real time that an endpoint has to answer. */
const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 64 * 1024
const MAX_TOKEN_LENGTH = 8 * 1024
/** Of a token whose endpoint does not say (RFC 6749 section 5.1), in seconds. */
const DEFAULT_LIFETIME_S = 300
/** A token is not used that shortly before its expiry, in milliseconds, or in the last tenth of its life. */
const MARGIN_MS = 30_000
/** An endpoint that failed is not asked again before, in milliseconds: many events may wait for it. */
const PAUSE_MS = 1_000

interface Kept {
  readonly answer: TokenAnswer
  readonly until: number
}

export class SinkTokenSource {
  readonly #deps: SinkTokenSourceDeps
  readonly #kept = new Map<string, Kept>()
  readonly #asking = new Map<string, Promise<TokenAnswer>>()

  constructor(deps: SinkTokenSourceDeps) {
    this.#deps = deps
  }

  /** A token that is good now. However many ask, the endpoint is asked once. */
  async get(application: ApplicationId, client: TokenClient): Promise<TokenAnswer> {
    const key = keyOf(application, client)
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.until > this.#deps.realNow()) return kept.answer
    const asking = this.#asking.get(key) ?? this.#ask(key, client)
    this.#asking.set(key, asking)
    return asking
  }

  /** A sink has refused the token: it is not used again. */
  refused(application: ApplicationId, client: TokenClient, token: string): void {
    const key = keyOf(application, client)
    const kept = this.#kept.get(key)
    if (kept !== undefined && 'token' in kept.answer && kept.answer.token === token) this.#kept.delete(key)
  }

  async #ask(key: string, client: TokenClient): Promise<TokenAnswer> {
    const { realNow } = this.#deps
    try {
      const kept = await this.#fetch(client)
      this.#kept.set(key, kept)
      return kept.answer
    } catch (error) {
      const answer = { failure: `no token: ${failureOf(error)}` }
      this.#kept.set(key, { answer, until: realNow() + PAUSE_MS })
      return answer
    } finally {
      this.#asking.delete(key)
    }
  }

  async #fetch({ clientId, tokenUri, audience = tokenUri, scope }: TokenClient): Promise<Kept> {
    const { keys, agent, realNow } = this.#deps
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await keys.assert({ clientId, audience }),
      ...(scope !== undefined && { scope }),
    })
    const { statusCode, body } = await request(tokenUri, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      dispatcher: agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = parse(await textOf(body))
    if (statusCode !== 200) throw new TokenRefused(`the token endpoint answered ${statusCode}${errorCode(answer)}`)
    const { access_token: token, token_type: type, expires_in: lifetimeS = DEFAULT_LIFETIME_S } = answer
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || token.length > MAX_TOKEN_LENGTH) {
      throw new TokenRefused('the token endpoint answered without a token')
    }
    if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
      throw new TokenRefused('the token endpoint answered with a token that is not a bearer token')
    }
    const lifetimeMs = 1000 * (typeof lifetimeS === 'number' && lifetimeS > 0 ? lifetimeS : DEFAULT_LIFETIME_S)
    return { answer: { token }, until: realNow() + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 10) }
  }
}

const keyOf = (application: ApplicationId, client: TokenClient): string => JSON.stringify([application, client])

/** The endpoint answered, and not with a token. */
class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
}

interface TokenResponse {
  readonly access_token?: unknown
  readonly token_type?: unknown
  readonly expires_in?: unknown
  readonly error?: unknown
}

async function textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = ''
  body.setEncoding('utf8')
  for await (const chunk of body) {
    text += chunk as string
    if (text.length > MAX_ANSWER_BYTES) throw new TokenRefused('the answer of the token endpoint is too long')
  }
  return text
}

function parse(text: string): TokenResponse {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : {}
  } catch {
    return {}
  }
}

/** RFC 6749 section 5.2. Only what looks like a code: the rest of the answer is somebody else's words. */
const errorCode = ({ error }: TokenResponse): string =>
  typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''

function failureOf(error: unknown): string {
  if (error instanceof TokenRefused) return error.message
  if ((error as Error).name === 'TimeoutError') return `no answer within ${TIMEOUT_MS} ms`
  return reasonOf(error as Error)
}
