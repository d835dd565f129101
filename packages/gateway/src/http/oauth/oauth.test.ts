import type { SessionInfo } from '@rightofway/camara'
import { decodeJwt, decodeProtectedHeader, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  A_SESSION,
  PROFILES,
  QOD,
  startTestGateway,
  type TestGateway,
  withGateway,
} from '../../../test/support/gateway.js'
import { CIBA, LOGIN_HINT, newClient, REDIRECT_URI, type TestClient } from '../../../test/support/oauth.js'
import { SIMULATED_NETWORK } from '../../../test/support/simulated-network.js'
import { JWT_BEARER } from '../../domain/application.js'

const PHONE = 'tel:+36721601234567'
const CREATE = 'quality-on-demand:sessions:create'
const READ = 'quality-on-demand:sessions:read'
const { device: _, ...WITHOUT_DEVICE } = A_SESSION

let gateway: TestGateway
let client: TestClient
beforeAll(async () => {
  gateway = await startTestGateway()
  client = await newClient(gateway)
})
afterAll(() => gateway.close())

const get = async <T>(path: string): Promise<T> => (await fetch(`${gateway.url}${path}`)).json() as Promise<T>
const callWith = (key: string) => gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key })

describe('the authorization server', () => {
  it('publishes its endpoints, and serves them [OpenID Connect Discovery section 4]', async () => {
    const base = `${gateway.url}/oauth2`
    const found = await get<Record<string, string>>('/oauth2/.well-known/openid-configuration')
    expect(found).toMatchObject({
      issuer: base,
      grant_types_supported: ['authorization_code', 'client_credentials', CIBA, JWT_BEARER, LOGIN_HINT],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'PS256', 'RS256'],
      code_challenge_methods_supported: ['S256'],
      backchannel_token_delivery_modes_supported: ['poll'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
    const endpoints = Object.entries(found).filter(([name]) => /_(endpoint|uri)$/.test(name))
    expect(endpoints.map(([name]) => name).sort()).toEqual([
      'authorization_endpoint',
      'backchannel_authentication_endpoint',
      'jwks_uri',
      'token_endpoint',
    ])
    for (const [name, url] of endpoints) {
      const isPost = name === 'token_endpoint' || name === 'backchannel_authentication_endpoint'
      const { status } = await fetch(url, { method: isPost ? 'POST' : 'GET' })
      expect(status, `${name} at ${url}`).toBe(name === 'jwks_uri' ? 200 : 400)
    }
  })

  it('advertises the scopes that operations require, and grants them', async () => {
    const { scopes_supported: scopes } = await get<{ scopes_supported: string[] }>(
      '/oauth2/.well-known/openid-configuration',
    )
    const token = await client.twoLegged(scopes.filter((scope) => scope !== 'openid').join(' '))
    expect(`openid ${decodeJwt(token)['scope']}`.split(' ').sort()).toEqual([...scopes].sort())
  })

  it('publishes only the public halves of its keys', async () => {
    const { keys } = await get<JSONWebKeySet>('/oauth2/jwks')
    expect(keys).toHaveLength(1)
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  it('uses the public URL, whatever the host of a request', () =>
    withGateway(
      async ({ url }) => {
        const answer = await fetch(`${url}/oauth2/.well-known/openid-configuration`, {
          headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
        })
        expect(await answer.json()).toMatchObject({
          issuer: 'https://qod.example/api/oauth2',
          token_endpoint: 'https://qod.example/api/oauth2/token',
        })
      },
      { settings: { publicUrl: 'https://qod.example/api' } },
    ))

  it('is disabled by default outside of a sandbox', async () => {
    const statusWith = (settings: object) =>
      withGateway(async ({ url }) => (await fetch(`${url}/oauth2/.well-known/openid-configuration`)).status, {
        settings: { sandbox: false, ...settings },
        networks: [SIMULATED_NETWORK],
      })
    expect(await statusWith({})).toBe(404)
    expect(await statusWith({ 'oauth.server': true })).toBe(200)
  })
})

describe('client credentials', () => {
  it('give a JWT with client, scope and lifetime [RFC 9068 section 2]', async () => {
    const token = await client.twoLegged(READ)
    const { keys } = await get<JSONWebKeySet>('/oauth2/jwks')
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys[0]?.kid })
    const { iat = 0, exp = 0, jti, ...claims } = decodeJwt(token)
    expect(exp - iat).toBe(600)
    expect(jti).toBeTruthy()
    expect(claims).toEqual({
      iss: `${gateway.url}/oauth2`,
      aud: gateway.url,
      sub: client.clientId,
      client_id: client.clientId,
      scope: READ,
    })
  })

  it('give all scopes of the client by default, and never others', async () => {
    const reader = await newClient(gateway, { scopes: [READ] })
    expect(decodeJwt(await reader.twoLegged())['scope']).toBe(READ)
    const { status, body } = await reader.post('/token', { grant_type: 'client_credentials', scope: CREATE })
    expect([status, body['error']]).toEqual([400, 'invalid_scope'])
  })

  it('are limited alike by every grant type', async () => {
    const reader = await newClient(gateway, { scopes: [READ] })
    const scope = `openid ${CREATE}`
    expect(await reader.post('/bc-authorize', { scope, login_hint: PHONE })).toMatchObject({
      body: { error: 'invalid_scope' },
    })
    expect(await reader.authorize({ scope, login_hint: PHONE })).toMatchObject({ error: 'invalid_scope' })
    const short = await reader.post('/token', { grant_type: LOGIN_HINT, login_hint: PHONE, scope: `${CREATE} ${READ}` })
    expect(short.body['error']).toBe('invalid_scope')
  })

  it('allow the operations of their scopes, and no other [403 PERMISSION_DENIED]', async () => {
    const token = await client.twoLegged(READ)
    const { status, body, headers } = await gateway.call('POST', `${QOD}/sessions`, { key: token, body: A_SESSION })
    expect([status, body]).toMatchObject([403, { code: 'PERMISSION_DENIED' }])
    expect(headers['www-authenticate']).toBe(`Bearer error="insufficient_scope", scope="${CREATE}"`)
    expect((await callWith(await client.twoLegged('qos-profiles:read'))).status).toBe(200)
  })

  it('are refused with a wrong secret, an unknown client, and a grant type that the client may not use', async () => {
    const other = await newClient(gateway, { grantTypes: [CIBA] })
    const ask = async (id: string, secret: string) => {
      const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
      const answer = await fetch(`${gateway.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
      return [answer.status, ((await answer.json()) as { error: string }).error]
    }
    expect(await ask(client.clientId, client.secret)).toEqual([200, undefined])
    expect(await ask(client.clientId, other.secret)).toEqual([401, 'invalid_client'])
    expect(await ask('nobody', client.secret)).toEqual([401, 'invalid_client'])
    expect(await ask(other.clientId, other.secret)).toEqual([400, 'invalid_request'])
  })

  it('are no key, and a key of an application is no client', async () => {
    expect((await callWith(client.secret)).status).toBe(401)
    const { key, prefix } = await gateway.newKey()
    const form = { grant_type: 'client_credentials', client_id: prefix, client_secret: key }
    const answer = await fetch(`${gateway.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    expect(answer.status).toBe(401)
  })
})

describe('a scope [RFC 6749 sections 3.3 and 5.1, CAMARA Security and Interoperability Profile]', () => {
  const ask = async (scope: string | undefined) => {
    const { body } = await client.post('/token', {
      grant_type: 'client_credentials',
      ...(scope !== undefined && { scope }),
    })
    return body['error'] ?? body['scope']
  }
  const PURPOSE = 'dpv:RequestedServiceProvision'

  it.each([
    ['that nobody knows', 'quality-on-demand:sessions:nope'],
    ['that nobody knows beside a good one', `${READ} nope`],
    ['with two spaces', `${READ}  ${CREATE}`],
    ['with a space at its end', `${READ} `],
    ['with a quote', `${READ} a"b`],
    ['of an API of others', 'location-verification:verify'],
    ['with two purposes', `${PURPOSE} dpv:Marketing ${READ}`],
    ['with a purpose that W3C does not have', `dpv:Fun ${READ}`],
  ])('is refused as invalid_scope by every way to a token: one %s', async (_what, scope) => {
    expect(await ask(scope)).toBe('invalid_scope')
    const short = await client.post('/token', { grant_type: LOGIN_HINT, login_hint: PHONE, scope })
    expect(short.body['error']).toBe('invalid_scope')
    const ciba = await client.post('/bc-authorize', { scope: `openid ${scope}`, login_hint: PHONE })
    expect(ciba.body['error']).toBe('invalid_scope')
    expect(await client.authorize({ scope: `openid ${scope}`, login_hint: PHONE })).toMatchObject({
      error: 'invalid_scope',
    })
  })

  it('must be one of an API where there is no ID token', async () => {
    for (const scope of ['openid', PURPOSE, `openid ${PURPOSE}`]) expect(await ask(scope)).toBe('invalid_scope')
  })

  it('is returned with the token, also where it differs from the request', async () => {
    expect(await ask(READ)).toBe(READ)
    expect(await ask(`${PURPOSE} ${READ}`)).toBe(READ)
    // RFC 6749 section 3.1: a parameter without a value is omitted.
    for (const none of [undefined, '']) expect(await ask(none)).toContain(CREATE)
  })

  it('is required for client credentials by the profile of CAMARA, with a purpose', () =>
    withGateway(
      async (strict) => {
        const other = await newClient(strict)
        const form = { grant_type: 'client_credentials' }
        expect(await other.post('/token', form)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
        expect(await other.post('/token', { ...form, scope: READ })).toMatchObject({ body: { error: 'invalid_scope' } })
        const scope = `dpv:RequestedServiceProvision ${READ}`
        expect(await other.post('/token', { ...form, scope })).toMatchObject({ status: 200, body: { scope: READ } })
      },
      { settings: { 'oauth.profile': 'camara' } },
    ))
})

describe('a backchannel request (OpenID CIBA)', () => {
  const request = (parameters: object = {}) =>
    client.post('/bc-authorize', { scope: `openid ${CREATE}`, login_hint: PHONE, ...parameters })

  it('gives a token for the subscriber, once', async () => {
    const { status, body } = await request()
    expect(status).toBe(200)
    const poll = () => client.post('/token', { grant_type: CIBA, auth_req_id: String(body['auth_req_id']) })
    const first = await poll()
    expect(first.body).toMatchObject({ token_type: 'Bearer', scope: CREATE, expires_in: 600 })
    const created = await gateway.call<SessionInfo>('POST', `${QOD}/sessions`, {
      key: String(first.body['access_token']),
      body: { ...WITHOUT_DEVICE, applicationServer: { ipv4Address: '198.51.100.1' } },
    })
    expect(created.status).toBe(201)
    expect(created.text).not.toMatch(/device|3672160|233\.252/)
    expect(await poll()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it.each([['tel:+36721601234567'], ['ipport:233.252.0.2:80'], ['ipport:[2001:db8:1234:5678::9]:4711']])(
    'knows the same subscriber by %s',
    async (hint) => {
      const [one, other] = await Promise.all([client.threeLegged(PHONE), client.threeLegged(hint)])
      expect(decodeJwt(other).sub).toBe(decodeJwt(one).sub)
    },
  )

  it.each([
    ['tel:+36999999999', 'unknown_user_id'],
    ['ipport:233.252.0.2:81', 'unknown_user_id'],
    ['+36721601234567', 'invalid_request'],
    ['tel:36721601234567', 'invalid_request'],
    ['ipport:233.252.0.2', 'unknown_user_id'],
    ['ipport:233.252.0.2:80000', 'invalid_request'],
    ['ipport:999.1.1.1:80', 'invalid_request'],
    ['operatortoken:abc', 'invalid_request'],
  ])('answers to %s with %s', async (hint, error) => {
    expect(await request({ login_hint: hint })).toMatchObject({ status: 400, body: { error } })
  })

  it('accepts the purposes in scopes of CAMARA, and requires openid', async () => {
    expect((await request({ scope: `openid dpv:RequestedServiceProvision ${CREATE}` })).status).toBe(200)
    expect(await request({ scope: CREATE })).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  it('is answered once for concurrent requests, on one gateway or two', async () => {
    const { body } = await request()
    const poll = () => client.post('/token', { grant_type: CIBA, auth_req_id: String(body['auth_req_id']) })
    const answers = await Promise.all(Array.from({ length: 5 }, poll))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
  })
})

describe('an authorization code', () => {
  const scope = `openid ${READ}`

  it('is issued at once, and exchanged for a token for the subscriber [prompt=none]', async () => {
    const { code = '', state, iss } = await client.authorize({ scope, login_hint: PHONE, prompt: 'none' })
    expect({ state, iss }).toEqual({ state: 'as given', iss: `${gateway.url}/oauth2` })
    const { body } = await client.exchange(code)
    expect(body).toMatchObject({ token_type: 'Bearer', scope: READ })
    const { sub } = decodeJwt(String(body['access_token']))
    expect(sub).toBe(decodeJwt(await client.threeLegged(PHONE)).sub)
    expect(decodeJwt(String(body['id_token'])).sub).toBe(sub)
  })

  it('can be exchanged once', async () => {
    const { code = '' } = await client.authorize({ scope, login_hint: PHONE })
    const answers = await Promise.all([client.exchange(code), client.exchange(code), client.exchange(code)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
  })

  it('is not issued without a hint, for an unknown subscriber, or without PKCE', async () => {
    expect(await client.authorize({ scope })).toMatchObject({ error: 'invalid_request' })
    expect(await client.authorize({ scope, login_hint: 'tel:+36999999999' })).toMatchObject({
      error: 'unknown_user_id',
    })
    expect(await client.authorize({ scope, login_hint: PHONE, code_challenge: '' })).toMatchObject({
      error: 'invalid_request',
    })
  })

  it('redirects no browser to an unregistered URI', async () => {
    const query = new URLSearchParams({ client_id: client.clientId, response_type: 'code', scope, login_hint: PHONE })
    query.set('redirect_uri', `${REDIRECT_URI}/elsewhere`)
    const answer = await fetch(`${gateway.url}/oauth2/authorize?${query}`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(await answer.json()).toMatchObject({ error: 'invalid_redirect_uri' })
  })
})

describe('a subject', () => {
  it('differs for every application, and reveals nothing of the subscriber', async () => {
    const other = await newClient(gateway)
    const sibling = await newClient(gateway, { application: client.application })
    const subs = await Promise.all(
      [client, sibling, other].map(async (each) => decodeJwt(await each.threeLegged(PHONE)).sub),
    )
    expect(subs[1]).toBe(subs[0])
    expect(subs[2]).not.toBe(subs[0])
    const token = Buffer.from((await client.threeLegged(PHONE)).split('.')[1] ?? '', 'base64url').toString()
    expect(token).not.toMatch(/3672160|233\.252|192\.0\.2|page-device|testcsp/)
  })

  it('is not stored with its number or address in clear text, and not logged', () => {
    const logs: string[] = []
    return withGateway(
      async (another) => {
        const other = await newClient(another)
        await other.threeLegged(PHONE)
        await other.authorize({ scope: 'openid', login_hint: PHONE })
        const { body } = await other.post('/bc-authorize', { scope: 'openid', login_hint: PHONE })
        const bodies: string[] = []
        await another.store.rewriteSecrets('seen.', (old) => {
          bodies.push(old)
          return `seen.${old}` as typeof old
        })
        expect(bodies.length).toBeGreaterThan(5)
        expect(bodies.join()).not.toMatch(/36721601234567|login_hint|page-device/)
        expect(bodies.join()).not.toContain(String(body['auth_req_id']))
        expect(logs.join()).not.toMatch(/36721601234567|233\.252|Bearer|row_/)
      },
      { logs },
    )
  })
})

describe('a revocation', () => {
  const statusOf = async (token: string) => (await callWith(token)).status

  it('of a client applies to its tokens from the next request on', async () => {
    const other = await newClient(gateway)
    const tokens = [await other.twoLegged(), await other.threeLegged()]
    for (const token of tokens) expect(await statusOf(token)).toBe(200)
    await gateway.admin('DELETE', `/keys/${other.clientId}`)
    for (const token of tokens) expect(await statusOf(token)).toBe(401)
    expect(await other.post('/token', { grant_type: 'client_credentials' })).toMatchObject({ status: 401 })
  })

  it('by suspension of an application applies to its keys and tokens, until it is resumed', async () => {
    const { application, key } = await gateway.newKey()
    const other = await newClient(gateway, { application })
    const tokens = [key, await other.twoLegged(), await other.threeLegged()]
    for (const token of tokens) expect(await statusOf(token)).toBe(200)
    await gateway.admin('PUT', `/applications/${application}/suspension`)
    for (const token of tokens) expect(await statusOf(token)).toBe(401)
    expect(await other.post('/token', { grant_type: 'client_credentials' })).toMatchObject({ status: 401 })
    await gateway.admin('DELETE', `/applications/${application}/suspension`)
    for (const token of tokens) expect(await statusOf(token)).toBe(200)
  })

  it('of a compromised signing key applies from the next request on', () =>
    withGateway(async (another) => {
      const other = await newClient(another)
      const status = async (token: string) =>
        (await another.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key: token })).status
      const token = await other.twoLegged()
      expect(await status(token)).toBe(200)
      await another.admin('POST', '/token-keys/rotate', {})
      const next = await other.twoLegged()
      expect(decodeProtectedHeader(next).kid).toBe(decodeProtectedHeader(token).kid)
      await another.admin('POST', '/token-keys/rotate', { immediately: true })
      for (const old of [token, next]) expect(await status(old)).toBe(401)
      const fresh = await other.twoLegged()
      expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(token).kid)
      expect(await status(fresh)).toBe(200)
    }))
})

describe('recorded consent', () => {
  const withConsent = (use: (gateway: TestGateway, client: TestClient) => Promise<void>) =>
    withGateway(async (another) => use(another, await newClient(another)), {
      settings: { 'oauth.consent': 'recorded' },
    })
  const device = { phoneNumber: '+36721601234567' }

  it('is required for a token by every grant type, for its subscriber and application', () =>
    withConsent(async (another, one) => {
      const scope = `openid ${READ}`
      const ways = async (each: TestClient) => [
        (await each.post('/bc-authorize', { scope, login_hint: PHONE })).body['error'],
        (await each.authorize({ scope, login_hint: PHONE }))['error'],
        (await each.post('/token', { grant_type: LOGIN_HINT, login_hint: PHONE })).body['error'],
      ]
      const none = ['access_denied', 'access_denied', 'access_denied']
      expect(await ways(one)).toEqual(none)
      const { subject } = await another.admin<{ subject: string }>(
        'POST',
        `/applications/${one.application}/consents`,
        { device },
      )
      expect(await ways(one)).toEqual([undefined, undefined, undefined])
      expect(decodeJwt(await one.threeLegged()).sub).toBe(subject)
      expect(await ways(await newClient(another))).toEqual(none)
      expect(await one.post('/token', { grant_type: LOGIN_HINT, login_hint: 'tel:+99999990001' })).toMatchObject({
        body: { error: 'access_denied' },
      })
    }))

  it('can be withdrawn: tokens, codes and backchannel requests are refused from then on', () =>
    withConsent(async (another, one) => {
      const consents = `/applications/${one.application}/consents`
      const { subject } = await another.admin<{ subject: string }>('POST', consents, { device })
      const token = await one.threeLegged()
      const { code = '' } = await one.authorize({ scope: 'openid', login_hint: PHONE })
      const waiting = await one.post('/bc-authorize', { scope: 'openid', login_hint: PHONE })
      const status = async () => (await another.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key: token })).status
      expect(await status()).toBe(200)
      await another.admin('POST', `${consents}/withdraw`, { device })
      expect(await status()).toBe(401)
      expect((await one.exchange(code)).body['error']).toBe('invalid_grant')
      const poll = await one.post('/token', { grant_type: CIBA, auth_req_id: String(waiting.body['auth_req_id']) })
      expect(poll.body['error']).toBe('invalid_grant')
      expect((await another.callAdmin('POST', `${consents}/withdraw`, { device })).status).toBe(404)
      const again = await another.admin<{ subject: string }>('POST', consents, { device })
      expect(again.subject).not.toBe(subject)
    }))

  it('is recorded once for concurrent requests', () =>
    withConsent(async (another, { application }) => {
      const record = () =>
        another.admin<{ subject: string }>('POST', `/applications/${application}/consents`, { device })
      const subjects = (await Promise.all(Array.from({ length: 8 }, record))).map(({ subject }) => subject)
      expect(new Set(subjects).size).toBe(1)
    }))
})
