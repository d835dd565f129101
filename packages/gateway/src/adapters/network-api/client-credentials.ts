// How the gateway authenticates to networks: with a fixed token, or with one of an authorization server (RFC 6749
// section 4.4), where it authenticates with a secret or a signed assertion (RFC 7523).

import {
  assertedBy,
  MAX_TOKEN_ANSWER_BYTES,
  TOKEN_REQUEST_HEADERS,
  TOKEN_TIMEOUT_MS,
  TokenRefused,
  tokenForm,
  tokenIn,
} from '../../domain/token-request.js'
import type { Authorization } from './client.js'
import { NotSent } from './not-sent.js'
import { Http1Transport, Http2Transport, type Transport } from './transport.js'

export interface ClientCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly scope?: string
  /** PEM. */
  readonly ca?: string
  /** A secret, a signed assertion about `clientId`, or the claim for an NRF (TS 29.510). */
  readonly authentication:
    | { readonly secret: string }
    | { readonly assert: () => Promise<string> }
    | { readonly nrf: NrfClaim }
  /** Whether the server speaks only HTTP/2. Default: no. */
  readonly http2?: boolean
  readonly realNow: () => number
}

/** The identity that a network function claims; its certificate or its address authenticates it. */
export interface NrfClaim {
  readonly nfType: 'AF'
  readonly targetNfType: 'PCF' | 'BSF'
}

export const bearer = (token: string): Authorization => ({
  get: async () => `Bearer ${token}`,
  refused: () => false,
})

export class OAuthAuthorization implements Authorization {
  readonly #credentials: ClientCredentials
  readonly #transport: Transport
  #kept: { readonly authorization: string; readonly until: number } | undefined
  #asking: Promise<string> | undefined

  constructor(credentials: ClientCredentials) {
    this.#credentials = credentials
    const { ca, tokenUrl, http2 = false } = credentials
    const tls = { ...(ca && { ca }) }
    this.#transport = http2 ? new Http2Transport(new URL(tokenUrl).origin, tls) : new Http1Transport(tls)
  }

  /** Concurrent calls share one request to the server. */
  get = async (): Promise<string> => {
    if (this.#kept !== undefined && this.#kept.until > this.#credentials.realNow()) return this.#kept.authorization
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  refused = (authorization: string): boolean => {
    if (this.#kept?.authorization === authorization) this.#kept = undefined
    return true
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  async #ask(): Promise<string> {
    const { tokenUrl: url, scope, realNow } = this.#credentials
    const { form, headers } = await this.#shown()
    let answered: { readonly status: number; readonly text: string }
    try {
      answered = await this.#transport.send({
        ...{ method: 'POST', url, headers: { ...TOKEN_REQUEST_HEADERS, ...headers }, body: tokenForm(form, scope) },
        ...{ timeoutMs: TOKEN_TIMEOUT_MS, maxBytes: MAX_TOKEN_ANSWER_BYTES },
      })
    } catch (error) {
      throw noToken((error as NodeJS.ErrnoException).code ?? (error as Error).message, error)
    }
    try {
      const { token, until } = tokenIn(answered.status, answered.text, realNow())
      this.#kept = { authorization: `Bearer ${token}`, until }
      return this.#kept.authorization
    } catch (error) {
      if (error instanceof TokenRefused) throw noToken(`it ${error.message}`)
      throw error
    }
  }

  /** The client authentication of the token request. */
  async #shown(): Promise<{ form: Readonly<Record<string, string>>; headers?: Readonly<Record<string, string>> }> {
    const { clientId, authentication } = this.#credentials
    if ('secret' in authentication) {
      const encoded = [clientId, authentication.secret].map(encodeURIComponent).join(':')
      return { form: {}, headers: { authorization: `Basic ${Buffer.from(encoded).toString('base64')}` } }
    }
    if ('assert' in authentication) return { form: assertedBy(clientId, await authentication.assert()) }
    return { form: { nfInstanceId: clientId, ...authentication.nrf } }
  }
}

/** Nothing was sent to the network: the gateway could not get a token. */
const noToken = (why: string, cause?: unknown): NotSent =>
  new NotSent(`no token from the authorization server: ${why}`, { cause })
