// Signed assertions, verified by jose, by another authorization server, and by ours.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { createLocalJWKSet, exportJWK, exportPKCS8, generateKeyPair, type JWK, jwtVerify } from 'jose'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertions, type PrivateKey, type SigningAlgorithm } from './assertion.js'
import { fakeFetch, json, manualTime } from './fakes.fixture.js'
import { camara, NetworkAsCodeClient, type OAuthOptions, QodArgumentError } from './index.js'
import { clientCredentials } from './tokens.js'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const AUDIENCE = 'https://auth.example/token'
const CLAIMS = { iss: 'app', sub: 'app', aud: AUDIENCE }

async function newKeys(alg: SigningAlgorithm) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    jwk: { ...(await exportJWK(privateKey)), kid: 'of-2026', use: 'sig', key_ops: ['sign'] } as PrivateKey,
    pem: await exportPKCS8(privateKey),
    publicJwk: { ...(await exportJWK(publicKey)), kid: 'of-2026' },
  }
}

describe('an assertion', () => {
  it.each<[SigningAlgorithm, 'jwk' | 'pem', SigningAlgorithm | undefined]>([
    ['ES256', 'jwk', undefined],
    ['ES256', 'pem', undefined],
    ['RS256', 'jwk', undefined],
    ['RS256', 'pem', undefined],
    ['PS256', 'jwk', 'PS256'],
    ['PS256', 'pem', 'PS256'],
  ])('is signed with %s by a key as %s, and says what RFC 7523 section 3 asks for', async (alg, form, algorithm) => {
    const keys = await newKeys(alg)
    const sign = assertions({ privateKey: keys[form], algorithm, keyId: form === 'pem' ? 'of-2026' : undefined })
    const now = Date.now()
    const { payload, protectedHeader } = await jwtVerify(
      await sign(CLAIMS, now),
      createLocalJWKSet({ keys: [keys.publicJwk] }),
      { issuer: 'app', audience: AUDIENCE },
    )
    expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: 'of-2026' })
    const { iat = 0, exp = 0, jti, ...rest } = payload
    expect(rest).toEqual(CLAIMS)
    expect([iat, exp - iat]).toEqual([Math.floor(now / 1000), 120])
    expect(jti).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('is different every time', async () => {
    const sign = assertions({ privateKey: (await newKeys('ES256')).jwk })
    expect(await sign(CLAIMS, 0)).not.toBe(await sign(CLAIMS, 0))
  })

  it('can contain text of any language', async () => {
    const { jwk, publicJwk } = await newKeys('ES256')
    const token = await assertions({ privateKey: jwk })({ ...CLAIMS, sub: 'José ✓ 𝄞' }, Date.now())
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [publicJwk] }))
    expect(payload.sub).toBe('José ✓ 𝄞')
  })

  it('is not signed with an invalid private key, and the error does not quote it', async () => {
    const { publicJwk } = await newKeys('ES256')
    const other = await generateKeyPair('ES384', { extractable: true })
    const wrong: readonly PrivateKey[] = [
      publicJwk as PrivateKey,
      (await exportJWK(other.privateKey)) as PrivateKey,
      '-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----',
      'c2VjcmV0',
      '',
      {},
    ]
    for (const privateKey of wrong) {
      const error = await assertions({ privateKey })(CLAIMS, 0).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(QodArgumentError)
      expect((error as Error).message).toContain('oauth.privateKey must be a private key for ')
      expect((error as Error).message).not.toContain('c2VjcmV0')
    }
  })
})

describe('the credentials of a client', () => {
  const OAUTH = { tokenUrl: AUDIENCE, clientId: 'app' }
  const make = (oauth: object) => () => new NetworkAsCodeClient({ oauth: { ...OAUTH, ...oauth } })

  it('are a secret or a key, and a subject needs a key', async () => {
    const { jwk } = await newKeys('ES256')
    expect(make({})).toThrow('oauth needs clientSecret or privateKey')
    expect(make({ clientSecret: 's', privateKey: jwk })).toThrow('one of the two')
    expect(make({ clientSecret: 's', subject: 'tel:+36721601234567' })).toThrow('oauth.subject needs a privateKey')
    expect(make({ privateKey: jwk })).not.toThrow()
  })

  it('are a new assertion for each token, and two of them for a subscriber', async () => {
    const { jwk } = await newKeys('ES256')
    const fake = fakeFetch([json(200, { access_token: 'at', token_type: 'Bearer', expires_in: 60 })])
    const subject = 'operatortoken:abc'
    const time = manualTime()
    const tokens = clientCredentials(
      { ...OAUTH, privateKey: jwk, subject, scope: 'dpv:Verification a' },
      fake.fetch,
      time,
      1_000,
    )
    await tokens.get()
    time.at(time.now() + 60_000)
    await tokens.get()
    const forms = fake.asked.map(({ body }) => new URLSearchParams(String(body)))
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      client_id: 'app',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: expect.any(String) as unknown,
      assertion: expect.any(String) as unknown,
      scope: 'dpv:Verification a',
    })
    const shown = forms.flatMap((form) => [form.get('client_assertion'), form.get('assertion')])
    expect(new Set(shown).size).toBe(4)
    expect(fake.asked[0]?.headers).not.toHaveProperty('authorization')
  })
})

describe('another authorization server (oidc-provider)', () => {
  let server: Server
  let issuer: string
  let asked = 0
  beforeAll(async () => {
    server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  /** Answers as a server that knows a client by this key. */
  function serve(publicJwk: JWK, alg: SigningAlgorithm, grantTypes = ['client_credentials']): Provider {
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: 'app',
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: alg,
          jwks: { keys: [publicJwk] },
          grant_types: grantTypes,
          redirect_uris: [],
          response_types: [],
        },
      ],
      clientAuthMethods: ['private_key_jwt'],
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
      scopes: ['a'],
    })
    const handle = provider.callback()
    server.removeAllListeners('request').on('request', (request, response) => {
      asked++
      void handle(request, response)
    })
    return provider
  }

  it.each<SigningAlgorithm>(['ES256', 'RS256', 'PS256'])('gives one token to many callers at once: %s', async (alg) => {
    const { pem, publicJwk } = await newKeys(alg)
    serve(publicJwk, alg)
    const oauth = { tokenUrl: `${issuer}/token`, clientId: 'app', privateKey: pem, keyId: 'of-2026', algorithm: alg }
    for (const audience of [undefined, issuer]) {
      asked = 0
      const tokens = clientCredentials({ ...oauth, audience }, fetch, manualTime(), 10_000)
      const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => tokens.get()))
      expect(others).toEqual(Array(4).fill(first))
      expect(asked).toBe(1)
      tokens.refused()
      expect(await tokens.get()).not.toBe(first)
    }
    const stranger = clientCredentials({ ...oauth, privateKey: (await newKeys(alg)).pem }, fetch, manualTime(), 10_000)
    await expect(stranger.get()).rejects.toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  })

  it('gives a token for a subscriber [RFC 7523 section 2.1]', async () => {
    const { jwk, publicJwk } = await newKeys('ES256')
    const about: unknown[] = []
    const provider = serve(publicJwk, 'ES256', [JWT_BEARER])
    provider.registerGrantType(
      JWT_BEARER,
      async (ctx) => {
        const assertion = String(ctx.oidc.params?.['assertion'])
        const keys = createLocalJWKSet({ keys: [publicJwk] })
        about.push((await jwtVerify(assertion, keys, { issuer: 'app', audience: issuer })).payload.sub)
        ctx.body = { access_token: 'for-them', token_type: 'Bearer', expires_in: 60 }
      },
      ['assertion', 'scope'],
    )
    const oauth = { tokenUrl: `${issuer}/token`, clientId: 'app', privateKey: jwk, audience: issuer }
    const subject = 'tel:+36721601234567'
    const tokens = clientCredentials({ ...oauth, subject }, fetch, { ...manualTime(), now: Date.now }, 10_000)
    expect(await tokens.get()).toBe('for-them')
    expect(about).toEqual([subject])
  })

  it.each<[string, (oauth: OAuthOptions) => Partial<OAuthOptions>, number]>([
    ['by a clock that is an hour slow', () => ({}), -3_600_000],
    ['for another audience', () => ({ audience: 'https://elsewhere.example' }), 0],
    ['in the name of another client', () => ({ clientId: 'other' }), 0],
    ['with the name of another key', () => ({ keyId: 'nobody' }), 0],
    ['with an algorithm that the client did not register', () => ({ algorithm: 'PS256' }), 0],
  ])('refuses what is signed %s, and the SDK says so without the key', async (_what, change, offMs) => {
    const { pem, publicJwk } = await newKeys('RS256')
    serve(publicJwk, 'RS256')
    const oauth = { tokenUrl: `${issuer}/token`, clientId: 'app', privateKey: pem, keyId: 'of-2026' } as const
    const good = clientCredentials(oauth, fetch, { ...manualTime(), now: Date.now }, 10_000)
    expect(await good.get()).toBeTruthy()
    const time = { ...manualTime(), now: () => Date.now() + offMs }
    const error = await clientCredentials({ ...oauth, ...change(oauth) }, fetch, time, 10_000)
      .get()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      message: 'the authorization server refused a token (401 invalid_client)',
    })
    expect(String((error as Error).stack)).not.toContain(pem.split('\n')[1])
  })
})

describe('our gateway', () => {
  const PHONE_NUMBER = '+36721601234567'
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.close())

  it('creates a session for a client with a key', async () => {
    const oauth = await sandbox.newSigningClient()
    const client = new NetworkAsCodeClient({ endpoint: camara({ baseUrl: sandbox.url, oauth }) })
    const device = client.devices.get({ phoneNumber: PHONE_NUMBER })
    const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 600 })
    expect(session.duration).toBe(600)
    await session.delete()
  })

  it('and for the subscriber of an assertion', async () => {
    const oauth = { ...(await sandbox.newSigningClient()), subject: `tel:${PHONE_NUMBER}` }
    const device = sandbox.client({ oauth }).devices.fromToken()
    const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 600 })
    expect((await device.sessions()).map(({ id }) => id)).toEqual([session.id])
    await session.delete()
  })
})
