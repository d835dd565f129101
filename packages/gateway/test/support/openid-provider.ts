// An OpenID provider where somebody is always ready to sign in: oidc-provider, on loopback, over plain HTTP.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

export const CLIENT = { id: 'gateway', secret: 'a secret of some length' }

/** Somebody as the provider knows them. */
export interface TestPerson {
  readonly sub: string
  readonly claims: Readonly<Record<string, unknown>>
}

export interface TestProvider {
  readonly issuer: string
  /** Who signs in next; undefined: whoever it is says no. */
  person: TestPerson | undefined
  /** What becomes of ID tokens on their way. Default: nothing. */
  tamper: (idToken: string) => string
  /** How often its token endpoint was asked. */
  readonly asked: number
  close(): Promise<void>
}

export interface TestProviderOptions {
  /** Whether claims about a person are in the ID token, or only at the userinfo endpoint. Default: in the ID token. */
  readonly conforming?: boolean
  readonly tokenAuth?: 'client_secret_basic' | 'client_secret_post'
  /** By which it is known. Default: 127.0.0.1. To browsers, localhost is another site. */
  readonly host?: '127.0.0.1' | 'localhost'
}

/** @param redirectUri that its client may have people sent back to; known when the first request comes */
export async function startOpenIdProvider(
  redirectUri: () => string,
  { conforming = false, tokenAuth = 'client_secret_basic', host = '127.0.0.1' }: TestProviderOptions = {},
): Promise<TestProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}`
  let asked = 0
  const test: TestProvider = {
    issuer,
    person: undefined,
    tamper: (idToken) => idToken,
    get asked() {
      return asked
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  const known = new Map<string, TestPerson>()
  const open = () => {
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [redirectUri()],
          token_endpoint_auth_method: tokenAuth,
        },
      ],
      clientAuthMethods: [tokenAuth],
      claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups', 'realm_access'] },
      conformIdTokenClaims: conforming,
      findAccount: (_ctx, accountId) => ({
        accountId,
        claims: () => ({ sub: accountId, ...known.get(accountId)?.claims }),
      }),
      cookies: { keys: ['of a test'] },
      ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    })
    provider.use(async (ctx, next) => {
      if (ctx.path.startsWith('/interaction/')) {
        const { person } = test
        if (person === undefined) {
          return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied' })
        }
        known.set(person.sub, person)
        const grant = new provider.Grant({ accountId: person.sub, clientId: CLIENT.id })
        grant.addOIDCScope('openid profile')
        const result = { login: { accountId: person.sub, remember: false }, consent: { grantId: await grant.save() } }
        return provider.interactionFinished(ctx.req, ctx.res, result)
      }
      if (ctx.path === '/token') asked++
      await next()
      const body = ctx.body as { id_token?: string } | undefined
      if (ctx.path === '/token' && typeof body?.id_token === 'string') body.id_token = test.tamper(body.id_token)
    })
    return provider.callback()
  }
  let answer: ReturnType<typeof open> | undefined
  server.on('request', (request, response) => {
    answer ??= open()
    void answer(request, response)
  })
  return test
}
