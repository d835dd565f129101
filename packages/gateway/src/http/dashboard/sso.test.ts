// Signing in at an OpenID provider as a browser does: redirected there and back, with its cookies.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway, withGateway } from '../../../test/support/gateway.js'
import {
  CLIENT,
  startOpenIdProvider,
  type TestPerson,
  type TestProvider,
} from '../../../test/support/openid-provider.js'

const BEGIN = '/admin/v1/sign-in/sso'
const PUBLIC_URL = 'http://gateway.example'
const BACK = `${PUBLIC_URL}${BEGIN}/callback`

const person = (name: string, groups: unknown, sub = name.toLowerCase()): TestPerson => ({
  sub,
  claims: { preferred_username: name, groups },
})

const settingsFor = ({ issuer }: TestProvider, more: Readonly<Record<string, unknown>> = {}) => ({
  'dashboard.enabled': true,
  publicUrl: PUBLIC_URL,
  'dashboard.oidc.issuer': issuer,
  'dashboard.oidc.label': 'Campus login',
  'dashboard.oidc.clientId': CLIENT.id,
  'dashboard.oidc.clientSecret': CLIENT.secret,
  'dashboard.oidc.viewers': 'staff,guests',
  'dashboard.oidc.operators': 'network',
  'dashboard.oidc.admins': 'leads',
  ...more,
})

interface Response {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
}

let provider: TestProvider
beforeAll(async () => {
  provider = await startOpenIdProvider(() => BACK)
})
afterAll(() => provider.close())
beforeEach(() => {
  provider.tamper = (idToken) => idToken
})

/** The default address of browsers. */
let address = 0
beforeEach(() => {
  address++
})

/** The gateway's answer to a browser that another site has redirected. */
async function ask(gateway: TestGateway, url: string, cookie?: string): Promise<Response> {
  const { statusCode, headers } = await gateway.app.inject({
    url: url.replace(PUBLIC_URL, ''),
    headers: { ...(cookie && { cookie }), 'sec-fetch-site': 'cross-site' },
    remoteAddress: `192.0.2.${address}`,
  })
  return { status: statusCode, location: String(headers.location), cookies: [headers['set-cookie'] ?? []].flat() }
}

/** Goes to the provider, signs in, and stops before the redirect back. */
async function there(gateway: TestGateway): Promise<{ back: string; ticket: string }> {
  const begun = await ask(gateway, BEGIN)
  expect(begun.status).toBe(303)
  const ticket = begun.cookies[0]?.split(';')[0] ?? ''
  const jar = new Map<string, string>()
  let url = begun.location
  while (!url.startsWith(PUBLIC_URL)) {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    expect(answer.status, await answer.text()).toBeLessThan(400)
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
      jar.set(name, value)
    }
    url = new URL(answer.headers.get('location') ?? '', url).href
  }
  return { back: url, ticket }
}

async function signIn(gateway: TestGateway, who: TestPerson | undefined): Promise<Response> {
  provider.person = who
  const { back, ticket } = await there(gateway)
  return ask(gateway, back, ticket)
}

const sessionIn = ({ cookies }: Response): string =>
  cookies.find((cookie) => cookie.startsWith('rightofway='))?.split(';')[0] ?? ''

const me = async (gateway: TestGateway, cookie: string) =>
  (
    await gateway.call<{ user: { name: string; role: string } }>('GET', '/admin/v1/me', {
      key: null,
      headers: { cookie },
    })
  ).body

const users = (gateway: TestGateway) =>
  gateway.admin<{ id: string; name: string; role: string; sso: boolean }[]>('GET', '/users')

describe('signing in by SSO [signInBySso]', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway({ settings: settingsFor(provider) })
  })
  afterAll(() => gateway.close())

  it('is offered with the label of the provider', async () => {
    expect((await gateway.call('GET', '/admin/v1/sign-in', { key: null })).body).toMatchObject({
      sso: 'Campus login',
    })
  })

  it('requests a code with PKCE, state and nonce, and encrypts its cookie [RFC 7636, OIDC 3.1.2.1]', async () => {
    const [one, two] = [await ask(gateway, BEGIN), await ask(gateway, BEGIN)]
    const asked = new URL(one.location).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: CLIENT.id,
      redirect_uri: BACK,
      scope: 'openid profile',
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(asked.get(name)).toMatch(/^[\w-]{43}$/)
      expect(asked.get(name)).not.toBe(new URL(two.location).searchParams.get(name))
      expect(one.cookies[0]).not.toContain(asked.get(name))
    }
    expect(one.cookies[0]).toMatch(/^rightofway-ticket=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
  })

  it('creates a user with the highest role of the claim, and sets the cookie of a sign-in', async () => {
    const answer = await signIn(gateway, person('Ada', ['staff', 'leads', 'other']))
    expect(answer).toMatchObject({ status: 303, location: '/dashboard/' })
    expect(answer.cookies).toEqual([
      'rightofway-ticket=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
      expect.stringMatching(/^rightofway=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/),
    ])
    expect(await me(gateway, sessionIn(answer))).toMatchObject({ user: { name: 'Ada', role: 'admin' } })
    const audit = await gateway.admin<object[]>('GET', '/audit')
    expect(audit[0]).toMatchObject({ actor: 'Ada', action: 'signInBySso' })
  })

  it('identifies a returning user by subject, and updates the role', async () => {
    const first = sessionIn(await signIn(gateway, person('Otto', 'network', 'o-1')))
    expect(await me(gateway, first)).toMatchObject({ user: { name: 'Otto', role: 'operator' } })
    const second = sessionIn(await signIn(gateway, person('Otto the Second', 'guests', 'o-1')))
    for (const cookie of [first, second]) {
      expect(await me(gateway, cookie)).toMatchObject({ user: { name: 'Otto', role: 'viewer' } })
    }
    expect((await users(gateway)).filter(({ name }) => name.startsWith('Otto'))).toHaveLength(1)
  })

  it('never signs in to an existing local user, whatever name the provider gives', async () => {
    const { url } = await gateway.admin<{ url: string }>('POST', '/invitations', { role: 'viewer' })
    const body = { token: new URL(url).hash.slice(1), name: 'Vera', password: 'correct horse battery' }
    await gateway.call('POST', '/admin/v1/invitations/accept', { key: null, body })
    await signIn(gateway, person('vera', 'leads', 'v-1'))
    await signIn(gateway, person('VERA', 'leads', 'v-2'))
    const named = (await users(gateway)).filter(({ name }) => name.toLowerCase().startsWith('vera'))
    expect(named.map(({ name, role, sso }) => [name, role, sso])).toEqual([
      ['Vera', 'viewer', false],
      ['vera (Campus login)', 'admin', true],
      ['VERA (Campus login) 2', 'admin', true],
    ])
  })

  it('keeps invisible characters out of a name', async () => {
    await signIn(gateway, person('\u202eEv\u3164e\ud800\n Adams\ufe0f ', 'guests', 'e-1'))
    expect((await users(gateway)).map(({ name }) => name)).toContain('Eve Adams')
  })

  it('refuses a user without a role, and signs out one who had a role', async () => {
    const was = sessionIn(await signIn(gateway, person('Rob', 'staff')))
    const refused = await signIn(gateway, person('Rob', ['visitors']))
    expect(refused).toMatchObject({ status: 303, location: '/dashboard/refused#role' })
    expect(sessionIn(refused)).toBe('')
    expect(await gateway.call('GET', '/admin/v1/me', { key: null, headers: { cookie: was } })).toMatchObject({
      status: 401,
    })
    expect(await signIn(gateway, person('Newcomer', undefined))).toMatchObject({ location: '/dashboard/refused#role' })
    expect(await users(gateway)).not.toContainEqual(expect.objectContaining({ name: 'Newcomer' }))
    const audit = await gateway.admin<object[]>('GET', '/audit')
    expect(audit.slice(0, 2)).toMatchObject([
      { actor: 'Newcomer (Campus login)', action: 'signInBySso', refused: 'PERMISSION_DENIED' },
      { actor: 'Rob', action: 'signInBySso', refused: 'PERMISSION_DENIED' },
    ])
  })

  it('reports a sign-in that the user cancelled at the provider', async () => {
    expect(await signIn(gateway, undefined)).toMatchObject({ location: '/dashboard/refused#denied' })
  })

  it('refuses a callback in another browser, a second time, or with another state', async () => {
    provider.person = person('Cara', 'leads')
    const [one, two] = [await there(gateway), await there(gateway)]
    const asked = provider.asked
    const late = { status: 303, location: '/dashboard/refused#late' }
    expect(await ask(gateway, one.back)).toMatchObject(late)
    expect(await ask(gateway, one.back, two.ticket)).toMatchObject(late)
    expect(
      await ask(gateway, one.back, 'rightofway-ticket=AAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    ).toMatchObject(late)
    expect(await ask(gateway, one.back.replace(/state=[^&]*/, ''), one.ticket)).toMatchObject(late)
    expect(provider.asked).toBe(asked)
    expect(sessionIn(await ask(gateway, one.back, one.ticket))).not.toBe('')
    const again = await ask(gateway, one.back, one.ticket)
    expect(again).toMatchObject({ location: '/dashboard/refused#provider' })
    expect(sessionIn(again)).toBe('')
  })

  it('refuses a code of another request [RFC 7636 section 4.6]', async () => {
    provider.person = person('Cora', 'leads')
    const [one, two] = [await there(gateway), await there(gateway)]
    const code = new URL(two.back).searchParams.get('code') ?? ''
    const injected = one.back.replace(/code=[^&]*/, `code=${code}`)
    expect(await ask(gateway, injected, one.ticket)).toMatchObject({ location: '/dashboard/refused#provider' })
  })

  it.each<[string, (claims: Record<string, unknown>) => void]>([
    ['whose signature is not of what it says', (claims) => Object.assign(claims, { groups: ['leads'] })],
    ['for another client', (claims) => Object.assign(claims, { aud: 'another' })],
    ['of another request', (claims) => Object.assign(claims, { nonce: 'another' })],
    ['of another provider', (claims) => Object.assign(claims, { iss: 'https://another.example' })],
  ])('takes no ID token %s [OIDC 3.1.3.7]', async (_, change) => {
    provider.tamper = (idToken) => {
      const [header, payload = '', signature] = idToken.split('.')
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
      change(claims)
      return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
    }
    const answer = await signIn(gateway, person('Mallory', 'guests'))
    expect(answer).toMatchObject({ location: '/dashboard/refused#provider' })
    expect(sessionIn(answer)).toBe('')
    expect(await users(gateway)).not.toContainEqual(expect.objectContaining({ name: 'Mallory' }))
  })

  it('is refused after too many attempts from one address, without a request to the provider', async () => {
    provider.person = person('Tim', 'staff')
    const { back, ticket } = await there(gateway)
    for (let guess = 0; guess < 100; guess++) {
      expect(await ask(gateway, back)).toMatchObject({ location: '/dashboard/refused#late' })
    }
    const asked = provider.asked
    expect(await ask(gateway, back, ticket)).toMatchObject({ location: '/dashboard/refused#often' })
    expect(provider.asked).toBe(asked)
  })

  it('refuses changes of role and password here [changeUser, changePassword]', async () => {
    const answer = await signIn(gateway, person('Pia', 'staff'))
    const { id } = (await users(gateway)).find(({ name }) => name === 'Pia') as { id: string }
    expect(await gateway.callAdmin('PATCH', `/users/${id}`, { role: 'admin' })).toMatchObject({ status: 409 })
    const cookie = sessionIn(answer)
    const { csrfToken } = (await me(gateway, cookie)) as unknown as { csrfToken: string }
    const changed = await gateway.call('PUT', '/admin/v1/me/password', {
      key: null,
      headers: { cookie, 'x-csrf-token': csrfToken },
      body: { current: '', password: 'correct horse battery' },
    })
    expect(changed).toMatchObject({ status: 403 })
    const body = { name: 'Pia', password: '' }
    expect(await gateway.call('POST', '/admin/v1/sign-in', { key: null, body })).toMatchObject({ status: 401 })
  })
})

describe('a provider', () => {
  it.each(['client_secret_basic', 'client_secret_post'] as const)(
    'may keep claims at its userinfo endpoint, name them by a path, and take its secret by %s',
    async (tokenAuth) => {
      const other = await startOpenIdProvider(() => BACK, { conforming: true, tokenAuth })
      try {
        const settings = settingsFor(other, { 'dashboard.oidc.roleClaim': 'realm_access.roles' })
        await withGateway(
          async (gateway) => {
            other.person = { sub: 'k-1', claims: { preferred_username: 'Kim', realm_access: { roles: ['network'] } } }
            const { back, ticket } = await there(gateway)
            const answer = await ask(gateway, back, ticket)
            expect(await me(gateway, sessionIn(answer))).toMatchObject({ user: { name: 'Kim', role: 'operator' } })
          },
          { settings },
        )
      } finally {
        await other.close()
      }
    },
  )

  it('that does not answer is reported, and is requested again the next time', async () => {
    const logs: string[] = []
    const other = await startOpenIdProvider(() => BACK)
    await other.close()
    await withGateway(
      async (gateway) => {
        for (let times = 0; times < 2; times++) {
          expect(await ask(gateway, BEGIN)).toMatchObject({ status: 303, location: '/dashboard/refused#provider' })
        }
        expect(logs.filter((line) => line.includes('OpenID provider'))).toHaveLength(2)
      },
      { settings: settingsFor(other), logs },
    )
  })

  it('that is not configured has no routes', async () => {
    await withGateway(
      async (gateway) => {
        expect((await ask(gateway, BEGIN)).status).toBe(404)
        expect((await gateway.call('GET', '/admin/v1/sign-in', { key: null })).body).not.toHaveProperty('sso')
      },
      { settings: { 'dashboard.enabled': true } },
    )
  })
})
