// An application as its authorization server knows it: a client of the gateway's own, over HTTP as clients come.

import { GRANT_TYPES, JWT_BEARER } from '../../src/domain/application.js'
import type { TestGateway } from './gateway.js'

export const REDIRECT_URI = 'https://app.example/back'
export const CIBA = 'urn:openid:params:grant-type:ciba'
export const LOGIN_HINT = 'urn:rightofway:params:oauth:grant-type:login-hint'

/** The challenge and its verifier of RFC 7636, appendix B. */
const PKCE = {
  challenge: { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
  verifier: { code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' },
}

export interface OAuthAnswer {
  readonly status: number
  readonly body: { readonly [member: string]: unknown }
}

export interface TestClient {
  readonly application: string
  readonly clientId: string
  readonly secret: string
  post(path: string, form: Readonly<Record<string, string>>): Promise<OAuthAnswer>
  /** Where `/authorize` sends the browser: the parameters that it comes back with. */
  authorize(parameters: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>
  /** A token with client credentials. */
  twoLegged(scope?: string): Promise<string>
  /** A token by the sandbox's short way. */
  threeLegged(loginHint?: string): Promise<string>
  /** Changes a code into tokens. */
  exchange(code: string): Promise<OAuthAnswer>
}

export interface TestClientOptions {
  /** Default: a new one. */
  readonly application?: string
  readonly scopes?: readonly string[]
  readonly grantTypes?: readonly string[]
}

/** Ways that a client with a secret may go. */
const WITH_SECRET = GRANT_TYPES.filter((type) => type !== JWT_BEARER)

/** A client of the gateway's authorization server. */
export async function newClient(
  { url, admin }: Pick<TestGateway, 'url' | 'admin'>,
  { application, scopes, grantTypes = WITH_SECRET }: TestClientOptions = {},
): Promise<TestClient> {
  const id = application ?? (await admin<{ id: string }>('POST', '/applications', { name: 'test' })).id
  const redirectUris = grantTypes.includes('authorization_code') ? [REDIRECT_URI] : []
  const made = await admin<{ key: string; record: { prefix: string } }>('POST', `/applications/${id}/keys`, {
    client: { grantTypes, redirectUris },
    ...(scopes && { scopes }),
  })
  const { key: secret, record } = made
  const clientId = record.prefix

  const post: TestClient['post'] = async (path, form) => {
    const answer = await fetch(`${url}/oauth2${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
      body: new URLSearchParams(form),
    })
    return { status: answer.status, body: (await answer.json()) as OAuthAnswer['body'] }
  }
  const token = async (form: Readonly<Record<string, string>>): Promise<string> => {
    const { status, body } = await post('/token', form)
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`)
    return String(body['access_token'])
  }
  return {
    application: id,
    clientId,
    secret,
    post,
    async authorize(parameters) {
      const query = new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        state: 'as given',
        ...PKCE.challenge,
        ...parameters,
      })
      const { status, headers } = await fetch(`${url}/oauth2/authorize?${query}`, { redirect: 'manual' })
      const location = headers.get('location') ?? ''
      if (status !== 303 || !location.startsWith(REDIRECT_URI)) throw new Error(`sent to ${location} by ${status}`)
      return Object.fromEntries(new URL(location).searchParams)
    },
    twoLegged: (scope) => token({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
    threeLegged: (loginHint = 'tel:+36721601234567') => token({ grant_type: LOGIN_HINT, login_hint: loginHint }),
    exchange: (code) =>
      post('/token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...PKCE.verifier }),
  }
}
