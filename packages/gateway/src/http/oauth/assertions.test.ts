// Clients that sign assertions instead of sending a secret, tested with jose and openid-client.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../test/support/certificates.js'
import { PROFILES, startTestGateway, type TestGateway, withGateway } from '../../../test/support/gateway.js'
import { CIBA, REDIRECT_URI } from '../../../test/support/oauth.js'
import { JWT_BEARER } from '../../domain/application.js'

const PHONE = 'tel:+36721601234567'
const READ = 'quality-on-demand:sessions:read'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const GRANT_TYPES = ['client_credentials', CIBA, 'authorization_code', JWT_BEARER]

interface KeyPair {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

async function newKeyPair(alg: string, kid: string = randomUUID()): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid } }
}

interface SignedClient {
  readonly id: string
  readonly key: KeyPair
}

let gateway: TestGateway
let client: SignedClient
beforeAll(async () => {
  // Rate limits count by address: each request here has another.
  gateway = await startTestGateway({ settings: { 'listen.trustProxy': ['127.0.0.1'] } })
  client = await newSignedClient(gateway, await newKeyPair('ES256'))
})
afterAll(() => gateway.close())

interface Made {
  readonly key?: string
  readonly record: { readonly prefix: string; readonly client: object }
}

async function makeKey({ admin }: Pick<TestGateway, 'admin'>, keys: object): Promise<Made> {
  const { id } = await admin<{ id: string }>('POST', '/applications', { name: 'test' })
  const settings = { grantTypes: GRANT_TYPES, redirectUris: [REDIRECT_URI], ...keys }
  return admin<Made>('POST', `/applications/${id}/keys`, { client: settings })
}

async function newSignedClient(of: Pick<TestGateway, 'admin'>, key: KeyPair): Promise<SignedClient> {
  const { record } = await makeKey(of, { jwks: { keys: [key.publicJwk] } })
  return { id: record.prefix, key }
}

const nowS = () => Math.floor(Date.now() / 1000)

/** Claims of a client assertion. */
const claimsOf = ({ id }: SignedClient): JWTPayload => ({
  iss: id,
  sub: id,
  aud: `${gateway.url}/oauth2/token`,
  jti: randomUUID(),
  iat: nowS(),
  exp: nowS() + 60,
})

const sign = ({ alg, kid, privateKey }: KeyPair, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey)

const assertionOf = (of: SignedClient, claims: JWTPayload = {}) => sign(of.key, { ...claimsOf(of), ...claims })

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

let asked = 0

async function post(form: Readonly<Record<string, string>>, path = '/token', { url } = gateway): Promise<Answer> {
  const headers = { 'x-forwarded-for': `2001:db8::${(asked++).toString(16)}` }
  const answer = await fetch(`${url}/oauth2${path}`, { method: 'POST', headers, body: new URLSearchParams(form) })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

const ask = (assertion: string, form: Readonly<Record<string, string>> = {}) =>
  post({
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...form,
  })

describe('a client with keys of its own', () => {
  it('has no secret, and the admin API shows its keys', async () => {
    const key = await newKeyPair('ES256')
    const made = await makeKey(gateway, { jwks: { keys: [key.publicJwk] } })
    expect(made.key).toBeUndefined()
    expect(made.record.client).toEqual({
      grantTypes: GRANT_TYPES,
      redirectUris: [REDIRECT_URI],
      jwks: { keys: [key.publicJwk] },
    })
  })

  it.each(['ES256', 'PS256', 'RS256'])('gets a token with an assertion that it signs: %s', async (alg) => {
    const signed = await newSignedClient(gateway, await newKeyPair(alg))
    const { status, body } = await ask(await assertionOf(signed), { scope: READ })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ client_id: signed.id, sub: signed.id, scope: READ })
  })

  it.each([
    ['the issuer', () => `${gateway.url}/oauth2`],
    ['the token endpoint', () => `${gateway.url}/oauth2/token`],
    ['a list with one of them', () => ['https://elsewhere.example', `${gateway.url}/oauth2`]],
  ])('may name as audience %s', async (_what, aud) => {
    expect((await ask(await assertionOf(client, { aud: aud() }))).status).toBe(200)
  })

  it('authenticates with openid-client, and its token is valid for the API', async () => {
    const config = await openid.discovery(
      new URL(`${gateway.url}/oauth2`),
      client.id,
      undefined,
      openid.PrivateKeyJwt({ key: client.key.privateKey, kid: client.key.kid }),
      { execute: [openid.allowInsecureRequests] },
    )
    const { access_token: token } = await openid.clientCredentialsGrant(config)
    expect((await gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key: token })).status).toBe(200)
  })
})

describe('an assertion is refused', () => {
  const REFUSED: readonly [string, () => Promise<string>][] = [
    ['that has expired', () => assertionOf(client, { exp: nowS() - 60 })],
    ['that lives for too long', () => assertionOf(client, { exp: nowS() + 3_600 })],
    ['without an end', () => sign(client.key, { ...claimsOf(client), exp: undefined as unknown as number })],
    ['without an id', () => sign(client.key, { ...claimsOf(client), jti: undefined as unknown as string })],
    ['with an id that is too long', () => assertionOf(client, { jti: 'x'.repeat(257) })],
    ['of the future', () => assertionOf(client, { iat: nowS() + 120, exp: nowS() + 180 })],
    ['that is not good yet', () => assertionOf(client, { nbf: nowS() + 120 })],
    ['for somebody else', () => assertionOf(client, { aud: 'https://elsewhere.example/token' })],
    ['of another issuer', () => assertionOf(client, { iss: 'somebody' })],
    ['of an unknown client', () => assertionOf(client, { iss: 'row-nobody', sub: 'row-nobody' })],
    ['signed by a key that nobody registered', async () => sign(await newKeyPair('ES256'), claimsOf(client))],
    [
      'signed by another key of the same name',
      async () => sign(await newKeyPair('ES256', client.key.kid), claimsOf(client)),
    ],
    ['signed by another client', async () => assertionOf({ ...client, key: await newKeyPair('RS256') })],
    ['that nobody signed', async () => unsigned(claimsOf(client))],
    ['signed with the public key as a secret', () => keyedByPublic(claimsOf(client))],
  ]
  it.each(REFUSED)('%s [RFC 7523 section 3]', async (_what, assertion) => {
    const { status, body } = await ask(await assertion())
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
    expect(JSON.stringify(body)).not.toContain(client.key.publicJwk.x)
  })

  it('that is too large', async () => {
    const { status, body } = await ask(await assertionOf(client, { more: 'x'.repeat(20_000) }))
    expect(status).toBe(413)
    expect(body).toEqual({ error: 'invalid_request', error_description: 'the body can have at most 16384 bytes' })
  })

  it('that is no JWT', async () => {
    expect(await ask('nonsense')).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  it('that was used before, also by a concurrent request', async () => {
    const assertion = await assertionOf(client)
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(assertion)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(401)])
    expect((await ask(assertion)).status).toBe(401)
  })

  it('instead of a secret, and a secret instead of it', async () => {
    const { id } = await gateway.admin<{ id: string }>('POST', '/applications', { name: 'test' })
    const made = await gateway.admin<Made>('POST', `/applications/${id}/keys`, {
      client: { grantTypes: ['client_credentials'] },
    })
    const claimed = { id: made.record.prefix, key: client.key }
    expect((await ask(await assertionOf(claimed))).status).toBe(401)
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: made.key ?? '' }
    expect((await post(form)).status).toBe(401)
  })
})

/** Signs with HS256 and the public key as the secret. */
const keyedByPublic = (claims: JWTPayload): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: client.key.kid })
    .sign(new TextEncoder().encode(JSON.stringify(client.key.publicJwk)))

const unsigned = (claims: JWTPayload): string =>
  [{ alg: 'none' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
    .concat('.')

describe('keys', () => {
  it.each<[string, () => Promise<object>, string]>([
    [
      'both ways',
      async () => ({ jwks: { keys: [client.key.publicJwk] }, jwksUri: 'https://a.example/jwks' }),
      'not both',
    ],
    ['a private key', async () => ({ jwks: { keys: [await exportJWK(client.key.privateKey)] } }), 'the public half'],
    ['a secret', async () => ({ jwks: { keys: [{ kty: 'RSA', k: 'AAAA' }] } }), 'the public half'],
    ['no key', async () => ({ jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] } }), 'is no key'],
    [
      'a key of a curve that is not taken',
      async () => ({ jwks: { keys: [(await newKeyPair('ES384')).publicJwk] } }),
      'P-256',
    ],
    [
      'a key to encrypt with',
      async () => ({ jwks: { keys: [{ ...client.key.publicJwk, use: 'enc' }] } }),
      'the use sig',
    ],
    [
      'two keys of one name',
      async () => ({ jwks: { keys: [client.key.publicJwk, client.key.publicJwk] } }),
      'kid of their own',
    ],
    ['a small key', async () => ({ jwks: { keys: [SMALL_RSA] } }), '2048 bits'],
    ['an address without TLS', async () => ({ jwksUri: 'http://a.example/jwks' }), 'must be https'],
    ['an address with a password', async () => ({ jwksUri: 'https://a:b@a.example/jwks' }), 'must be https'],
  ])('are refused where they are %s', async (_what, keys, words) => {
    await expect(makeKey(gateway, await keys())).rejects.toThrow(words)
  })

  it('are required by the grant type with signed assertions', async () => {
    await expect(makeKey(gateway, {})).rejects.toThrow('client.jwks or client.jwksUri is required')
  })

  it('can be replaced: the new one is accepted at once, and the old one refused', async () => {
    const signed = await newSignedClient(gateway, await newKeyPair('ES256'))
    const key = await newKeyPair('ES256')
    const path = `/keys/${signed.id}/client-keys`
    await gateway.admin('PUT', path, { jwks: { keys: [key.publicJwk] } })
    expect((await ask(await assertionOf({ id: signed.id, key }))).status).toBe(200)
    expect((await ask(await assertionOf(signed))).status).toBe(401)
    await expect(gateway.admin('PUT', '/keys/nobody/client-keys', { jwksUri: 'https://a.example' })).rejects.toThrow(
      'There is no client',
    )
    await expect(gateway.admin('PUT', path, {})).rejects.toThrow('must have at least 1 member')
    const both = { jwks: { keys: [key.publicJwk] }, jwksUri: 'https://a.example/jwks' }
    await expect(gateway.admin('PUT', path, both)).rejects.toThrow('must have at most 1 member')
    await expect(gateway.admin('POST', `/keys/${signed.id}/rotate`, { overlapSeconds: 1 })).rejects.toThrow('no secret')
  })

  it('are fetched from the URL of the client, by the guarded dialler', async () => {
    const authority = createAuthority()
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-jwks-'))
    writeFileSync(join(dir, 'ca.pem'), authority.cert)
    const key = await newKeyPair('ES256')
    let asked = 0
    const server = createServer(authority.issue('127.0.0.1'), (_request, response) => {
      asked++
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.publicJwk] }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const jwksUri = `https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    const signedAt = async (other: TestGateway): Promise<Answer> => {
      const { record } = await makeKey(other, { jwksUri })
      const aud = `${other.url}/oauth2/token`
      const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE }
      const assertion = () => assertionOf({ id: record.prefix, key }, { aud })
      await post({ ...form, client_assertion: await assertion() }, '/token', other)
      return post({ ...form, client_assertion: await assertion() }, '/token', other)
    }
    try {
      await withGateway(
        async (trusting) => {
          expect((await signedAt(trusting)).status).toBe(200)
          expect(asked).toBe(1)
        },
        { settings: { 'sinks.ca': join(dir, 'ca.pem') } },
      )
      await withGateway(async (stranger) => {
        expect((await signedAt(stranger)).status).toBe(401)
        expect(asked).toBe(1)
      })
    } finally {
      server.close()
      rmSync(dir, { recursive: true })
    }
  })
})

const SMALL_RSA = {
  kty: 'RSA',
  e: 'AQAB',
  n: Buffer.from([0xc1, ...Array<number>(126).fill(0x5a), 0x01]).toString('base64url'),
}

describe('an assertion about a subscriber', () => {
  const about = async (of: SignedClient, claims: JWTPayload, form: Readonly<Record<string, string>> = {}) =>
    ask(await assertionOf(of), {
      grant_type: JWT_BEARER,
      assertion: await assertionOf(of, { sub: PHONE, ...claims }),
      scope: `dpv:RequestedServiceProvision ${READ}`,
      ...form,
    })

  it('gives a token for the subscriber [RFC 7523 section 2.1]', async () => {
    const retrieve = 'quality-on-demand:sessions:retrieve-by-device'
    const { status, body } = await about(client, {}, { scope: `dpv:RequestedServiceProvision ${retrieve}` })
    expect(status, JSON.stringify(body)).toBe(200)
    const { sub, scope } = decodeJwt(String(body['access_token']))
    expect(scope).toBe(retrieve)
    expect(sub).not.toContain('36721601234567')
    const answer = await gateway.call('POST', '/quality-on-demand/v1/retrieve-sessions', {
      key: String(body['access_token']),
      body: {},
    })
    expect(answer.status).toBe(200)
  })

  it.each<[string, JWTPayload, string]>([
    ['a stranger', { sub: 'tel:+36999999999' }, 'there is no such subscriber'],
    ['nobody', { sub: 'somebody' }, 'sub must be tel:'],
    ['a token of an operator', { sub: 'operatortoken:abc' }, 'operator tokens are not taken here'],
    ['somebody else than this server', { aud: 'https://elsewhere.example' }, 'aud is missing or wrong'],
    ['a time that is over', { exp: nowS() - 60 }, 'it has expired'],
    ['a time that is too long', { exp: nowS() + 3_600 }, 'exp must be within 300 s'],
    ['another client', { iss: 'somebody' }, 'iss is missing or wrong'],
  ])('is refused where it is for %s', async (_what, claims, words) => {
    const { status, body } = await about(client, claims)
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(body['error_description']).toContain(words)
  })

  it.each<[string, () => Promise<string>]>([
    ['of the future', () => assertionOf(client, { sub: PHONE, iat: nowS() + 120, exp: nowS() + 180 })],
    ['that is not good yet', () => assertionOf(client, { sub: PHONE, nbf: nowS() + 120 })],
    [
      'without an end',
      () => sign(client.key, { ...claimsOf(client), sub: PHONE, exp: undefined as unknown as number }),
    ],
    ['without an id', () => sign(client.key, { ...claimsOf(client), sub: PHONE, jti: undefined as unknown as string })],
    ['with an unknown key', async () => sign(await newKeyPair('ES256'), { ...claimsOf(client), sub: PHONE })],
    ['that nobody signed', async () => unsigned({ ...claimsOf(client), sub: PHONE })],
    ['signed with the public key as a secret', async () => keyedByPublic({ ...claimsOf(client), sub: PHONE })],
    [
      'of another client',
      async () => {
        const other = await newSignedClient(gateway, await newKeyPair('ES256'))
        return assertionOf(other, { sub: PHONE })
      },
    ],
    ['that is no JWT', async () => 'nonsense'],
  ])('is refused %s', async (_what, assertion) => {
    const { status, body } = await about(client, {}, { assertion: await assertion() })
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(body).not.toHaveProperty('access_token')
  })

  it('is refused where it is too large', async () => {
    const assertion = await assertionOf(client, { sub: PHONE, more: 'x'.repeat(20_000) })
    expect(await about(client, {}, { assertion })).toMatchObject({ status: 413, body: { error: 'invalid_request' } })
  })

  it('is refused a second time, and with another signature', async () => {
    const assertion = await assertionOf(client, { sub: PHONE })
    expect((await about(client, {}, { assertion })).status).toBe(200)
    expect((await about(client, {}, { assertion })).body['error']).toBe('invalid_grant')
    const forged = await sign(await newKeyPair('ES256', client.key.kid), { ...claimsOf(client), sub: PHONE })
    expect((await about(client, {}, { assertion: forged })).body['error']).toBe('invalid_grant')
    expect((await about(client, {}, { assertion: '' })).body['error']).toBe('invalid_grant')
  })
})

describe('a signed authentication request', () => {
  it('is accepted from a client with keys, and refused with another signature [CIBA section 7.1.1]', async () => {
    const request = (key: KeyPair) =>
      sign(key, {
        ...claimsOf(client),
        aud: `${gateway.url}/oauth2`,
        nbf: nowS(),
        scope: `openid dpv:RequestedServiceProvision ${READ}`,
        login_hint: PHONE,
        acr_values: '2',
      })
    const send = async (signed: string) =>
      post(
        { client_assertion_type: ASSERTION_TYPE, client_assertion: await assertionOf(client), request: signed },
        '/bc-authorize',
      )
    const started = await send(await request(client.key))
    expect(started, JSON.stringify(started.body)).toMatchObject({ status: 200, body: { expires_in: 120 } })
    const form = { grant_type: CIBA, auth_req_id: String(started.body['auth_req_id']) }
    expect((await ask(await assertionOf(client), form)).status).toBe(200)
    const forged = await send(await request(await newKeyPair('ES256', client.key.kid)))
    expect([forged.status, forged.body['error']]).toEqual([400, 'invalid_request'])
  })

  const CLAIMS = { scope: `openid ${READ}`, login_hint: PHONE }
  const requestOf = (claims: JWTPayload = {}, of = client) =>
    sign(of.key, { ...claimsOf(of), aud: `${gateway.url}/oauth2`, nbf: nowS(), ...CLAIMS, ...claims })
  const sendSigned = async (request: string) =>
    post(
      { client_assertion_type: ASSERTION_TYPE, client_assertion: await assertionOf(client), request },
      '/bc-authorize',
    )

  it.each<[string, () => Promise<string>]>([
    ['that has expired', () => requestOf({ exp: nowS() - 60 })],
    ['that lives for too long', () => requestOf({ exp: nowS() + 7_200 })],
    ['without an id', () => requestOf({ jti: undefined as unknown as string })],
    ['of the future', () => requestOf({ nbf: nowS() + 120 })],
    ['for somebody else', () => requestOf({ aud: 'https://elsewhere.example' })],
    ['of another issuer', () => requestOf({ iss: 'somebody' })],
    ['of another client', async () => requestOf({}, await newSignedClient(gateway, await newKeyPair('ES256')))],
    ['with an unknown key', async () => requestOf({}, { ...client, key: await newKeyPair('ES256') })],
    ['that nobody signed', async () => unsigned({ ...claimsOf(client), aud: `${gateway.url}/oauth2`, ...CLAIMS })],
    ['signed with the public key as a secret', () => keyedByPublic({ ...claimsOf(client), nbf: nowS(), ...CLAIMS })],
    ['that is no JWT', async () => 'nonsense'],
  ])('is refused %s', async (_what, request) => {
    const { status, body } = await sendSigned(await request())
    expect([status, body['error']], JSON.stringify(body)).toEqual([400, expect.stringMatching(/^invalid_request/)])
  })

  it('is refused a second time', async () => {
    const request = await requestOf()
    expect((await sendSigned(request)).status).toBe(200)
    expect(await sendSigned(request)).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})

describe('with the profile of CAMARA', () => {
  it('a scope names one purpose, and the refusal says what to send', () =>
    withGateway(
      async (other) => {
        const key = await newKeyPair('ES256')
        const signed = await newSignedClient(other, key)
        const aud = `${other.url}/oauth2/token`
        const asked = async (form: Readonly<Record<string, string>>) => {
          const client_assertion = await assertionOf(signed, { aud })
          const all = {
            grant_type: 'client_credentials',
            client_assertion_type: ASSERTION_TYPE,
            client_assertion,
            ...form,
          }
          return (await post(all, '/token', other)).body
        }
        expect(await asked({ purpose: 'dpv:RequestedServiceProvision' })).toMatchObject({
          error: 'invalid_scope',
          error_description: expect.stringContaining('such as "dpv:RequestedServiceProvision') as unknown,
        })
        expect(await asked({ scope: READ })).toMatchObject({ error: 'invalid_scope' })
        expect(await asked({ scope: `dpv:RequestedServiceProvision ${READ}` })).toMatchObject({ scope: READ })
        expect(await asked({ scope: `dpv:A dpv:B ${READ}` })).toMatchObject({ error: 'invalid_scope' })
      },
      { settings: { 'oauth.profile': 'camara' } },
    ))
})
