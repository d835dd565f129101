// Access tokens for sinks whose credential is PRIVATE_KEY_JWT: asked for at the authorization server that was agreed on
// with the application, with a signed assertion instead of a secret (RFC 7521, RFC 7523), and kept until they expire.

import type { ApplicationId } from '@rightofway/camara'
import { type Dispatcher, request } from 'undici'
import type { AssertionKeys } from '../auth/secrets/assertion-keys.js'
import {
  assertedBy,
  MAX_TOKEN_ANSWER_BYTES,
  TOKEN_REQUEST_HEADERS,
  TOKEN_TIMEOUT_MS,
  TokenRefused,
  tokenForm,
  tokenIn,
} from '../domain/token-request.js'
import type { TokenClient } from '../ports/store/sink-credentials.js'
import { reasonOf } from './sink-client.js'

export type TokenAnswer =
  | { readonly token: string }
  /** Why there is none, in words that may stand in a log. */
  | { readonly failure: string }

export interface SinkTokenSourceDeps {
  readonly keys: Pick<AssertionKeys, 'assert'>
  /** The guarded dialler: a caller chose the address of the endpoint. */
  readonly agent: Dispatcher
  readonly realNow: () => number
}

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

  /** A valid token. The endpoint is asked once for all concurrent calls. */
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
    const assertion = await keys.assert({ clientId, audience })
    const { statusCode, body } = await request(tokenUri, {
      method: 'POST',
      headers: TOKEN_REQUEST_HEADERS,
      body: tokenForm(assertedBy(clientId, assertion), scope),
      dispatcher: agent,
      signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
    })
    const { token, until } = tokenIn(statusCode, await textOf(body), realNow())
    return { answer: { token }, until }
  }
}

const keyOf = (application: ApplicationId, client: TokenClient): string => JSON.stringify([application, client])

async function textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = ''
  body.setEncoding('utf8')
  for await (const chunk of body) {
    text += chunk as string
    if (text.length > MAX_TOKEN_ANSWER_BYTES) throw new TokenRefused('sent an answer that is too long')
  }
  return text
}

function failureOf(error: unknown): string {
  if (error instanceof TokenRefused) return `the token endpoint ${error.message}`
  if ((error as Error).name === 'TimeoutError') return `no answer within ${TOKEN_TIMEOUT_MS} ms`
  return reasonOf(error as Error)
}
