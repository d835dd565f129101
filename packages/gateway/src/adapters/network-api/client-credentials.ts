// What networks are shown of who asks: a token that was agreed on, or one of an authorization server (RFC 6749 section
// 4.4), where the gateway proves itself by a secret or a signed assertion (RFC 7523).

import type { Authorization } from './client.js'
import { NotSent } from './not-sent.js'
import { Http1Transport, Http2Transport, type Transport } from './transport.js'

export interface ClientCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly scope?: string
  /** PEM. */
  readonly ca?: string
  /** A secret, or a signed assertion about `clientId`, for whoever is asked; or what an NRF is told (TS 29.510). */
  readonly proof: { readonly secret: string } | { readonly assert: () => Promise<string> } | { readonly nrf: NrfClaim }
  /** Whether the server speaks HTTP/2 alone. Default: no. */
  readonly http2?: boolean
  readonly realNow: () => number
}

/** What a network function says of itself, beside its certificate or its place in the network. */
export interface NrfClaim {
  readonly nfType: 'AF'
  readonly targetNfType: 'PCF' | 'BSF'
}

const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 65_536
/** Of a token whose server does not say (RFC 6749 section 5.1), in seconds. */
const DEFAULT_LIFETIME_S = 300
/** A token is not used that shortly before its expiry, or in the last tenth of its life. */
const MARGIN_MS = 30_000

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

  /** However many ask, the server is asked once. */
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
    const { clientId, tokenUrl, scope, proof, realNow } = this.#credentials
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })
    const headers: Record<string, string> = {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    }
    if ('secret' in proof) {
      const encoded = [clientId, proof.secret].map(encodeURIComponent).join(':')
      headers['authorization'] = `Basic ${Buffer.from(encoded).toString('base64')}`
    } else if ('nrf' in proof) {
      const { nfType, targetNfType } = proof.nrf
      for (const [name, value] of Object.entries({ nfInstanceId: clientId, nfType, targetNfType }))
        form.set(name, value)
    } else {
      form.set('client_id', clientId)
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', await proof.assert())
    }
    const answer = await this.#post(tokenUrl, headers, form)
    const { access_token: token, token_type: type, expires_in: given } = answer
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw noToken('it answered without a token')
    if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw noToken('its token is no bearer token')
    const lifetimeMs = 1000 * (typeof given === 'number' && given > 0 ? given : DEFAULT_LIFETIME_S)
    const authorization = `Bearer ${token}`
    this.#kept = { authorization, until: realNow() + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 10) }
    return authorization
  }

  async #post(url: string, headers: Record<string, string>, form: URLSearchParams): Promise<Record<string, unknown>> {
    let answered: { readonly status: number; readonly text: string }
    try {
      answered = await this.#transport.send({
        ...{ method: 'POST', url, headers, body: form.toString() },
        ...{ timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES },
      })
    } catch (error) {
      throw noToken((error as NodeJS.ErrnoException).code ?? (error as Error).message, error)
    }
    const { status, text } = answered
    const answer = objectOf(text)
    if (status === 200) return answer
    const { error: code } = answer
    const said = typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? ` ${code}` : ''
    throw noToken(`it answered ${status}${said}`)
  }
}

/** Nothing was asked of the network: who asks could not prove who it is. */
const noToken = (why: string, cause?: unknown): NotSent =>
  new NotSent(`no token from the authorization server: ${why}`, { cause })

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
