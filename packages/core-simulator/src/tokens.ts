// Access tokens by client credentials (RFC 6749 section 4.4): of an NRF (TS 29.510) and of a NEF or SCEF (TS 29.122).

import { randomBytes } from 'node:crypto'
import type { Store } from './state/store.js'
import { type Answer, Refusal } from './transport/answer.js'
import type { Operation } from './transport/router.js'

/** Issued tokens, kept in memory only. */
export class AccessTokens {
  readonly #store: Store
  readonly #expiry = new Map<string, number>()

  constructor(store: Store) {
    this.#store = store
  }

  issue(): { readonly token: string; readonly lifetimeS: number } {
    const token = randomBytes(32).toString('base64url')
    const lifetimeS = this.#store.settings.tokenLifetimeS
    for (const [old, expiresAtMs] of this.#expiry) if (expiresAtMs <= Date.now()) this.#expiry.delete(old)
    this.#expiry.set(token, Date.now() + lifetimeS * 1000)
    return { token, lifetimeS }
  }

  /** @throws {Refusal} the header has no valid token */
  check(authorization: string | undefined): void {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) {
      throw new Refusal(
        401,
        { title: 'Unauthorized', detail: 'An access token is missing' },
        { 'www-authenticate': 'Bearer' },
      )
    }
    if ((this.#expiry.get(token) ?? 0) > Date.now()) return
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    throw new Refusal(
      401,
      { title: 'Unauthorized', detail: 'The access token is unknown, revoked or expired' },
      headers,
    )
  }

  revokeAll(): void {
    this.#expiry.clear()
  }
}

const NO_STORE = { 'cache-control': 'no-store' }

/** The token endpoint: `/oauth2/token`, as of an NRF. */
export function tokenOperations(store: Store, tokens: AccessTokens): Operation[] {
  return [
    {
      door: 'token',
      name: 'token',
      method: 'POST',
      path: '/oauth2/token',
      consumes: ['application/x-www-form-urlencoded'],
      handle({ body, authorization }): Answer {
        const form = body as Readonly<Record<string, string | undefined>>
        const { grant_type, scope } = form
        if (grant_type === undefined) return refused(400, 'invalid_request', 'grant_type is missing')
        if (grant_type !== 'client_credentials') {
          return refused(400, 'unsupported_grant_type', 'grant_type must be client_credentials')
        }
        if (!isKnown(store, form, authorization)) return refused(401, 'invalid_client', 'The client is unknown')
        const { token, lifetimeS } = tokens.issue()
        return {
          status: 200,
          headers: NO_STORE,
          body: { access_token: token, token_type: 'Bearer', expires_in: lifetimeS, ...(scope && { scope }) },
        }
      },
    },
  ]
}

const refused = (status: number, error: string, error_description: string): Answer => ({
  status,
  headers: { ...NO_STORE, ...(status === 401 && { 'www-authenticate': 'Basic' }) },
  body: { error, error_description },
})

/** An NRF authenticates consumers by their instance id and a certificate, which this core does not have. */
function isKnown(
  store: Store,
  form: Readonly<Record<string, string | undefined>>,
  authorization: string | undefined,
): boolean {
  const { clients } = store.settings
  if (clients.length === 0 || form['nfInstanceId'] !== undefined) return true
  const [id, secret] = basicOf(authorization) ?? [form['client_id'], form['client_secret']]
  return clients.some((client) => client.id === id && client.secret === secret)
}

function basicOf(authorization: string | undefined): [string, string] | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  // Both are form-encoded in the header (RFC 6749 section 2.3.1).
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)].map((part) =>
    new URLSearchParams(`v=${part.replaceAll('&', '%26')}`).get('v'),
  )
  return colon < 0 ? undefined : [id ?? '', secret ?? '']
}
