import type { ApplicationId } from '@rightofway/camara'
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AUDIENCE, startIssuer, type TestIssuer } from '../../../test/support/issuer.js'
import { openSqliteStore } from '../../adapters/store-sqlite/store.js'
import type { Caller } from '../../domain/caller.js'
import { at, NOON } from '../../domain/session.fixture.js'
import type { Store } from '../../ports/store/store.js'
import { Keyring, Secrets } from '../secrets/keyring.js'
import { accessTokens } from './access-tokens.js'
import { applicationIdOf, type ExternalIssuer, ExternalTokens } from './external-tokens.js'

let now: number
let issuer: TestIssuer
let store: Store
let secrets: Secrets
beforeEach(async () => {
  now = NOON
  issuer = await startIssuer(() => now)
  store = openSqliteStore({ file: ':memory:' })
  secrets = await Secrets.open(store, { load: async () => Keyring.generate() })
})
afterEach(async () => {
  await issuer.close()
  await store.close()
})

function open(config: Partial<ExternalIssuer> = {}) {
  const { applications } = store
  return new ExternalTokens(
    {
      id: 'idp',
      issuer: issuer.issuer,
      jwksUri: issuer.jwksUri,
      audience: AUDIENCE,
      applicationClaim: 'client_id',
      scopeClaim: 'scope',
      subjectClaim: 'sub',
      purpose: 'optional',
      ...config,
    },
    { applications, secrets, realNow: () => now, keysCooldownMs: 0 },
  )
}

const verify = async (claims: JWTPayload = {}, config: Partial<ExternalIssuer> = {}): Promise<Caller | undefined> =>
  open(config).verify(await issuer.token(claims))

describe('a token of another authorization server', () => {
  it('names its application, its scopes and its end', async () => {
    expect(await verify({ scope: 'one two' })).toEqual({
      application: 'idp.shop',
      compatibility: 'camara',
      scopes: new Set(['one', 'two']),
      expiresAt: at(600),
    })
  })

  it('says so in the claims that the configuration names', async () => {
    const config = { applicationClaim: 'azp', scopeClaim: 'scp' }
    const caller = await verify({ azp: 'app', scp: ['one', 2, 'two'] as never }, config)
    expect(caller).toMatchObject({ application: 'idp.app', scopes: new Set(['one', 'two']) })
    expect((await verify({ scope: undefined as never }))?.scopes).toEqual(new Set())
    expect(await verify({}, config)).toBeUndefined()
  })

  it.each<[string, string | undefined, boolean]>([
    ['one', 'dpv:RequestedServiceProvision qos-profiles:read', true],
    ['none', 'qos-profiles:read', false],
    ['no scopes at all', undefined, false],
    ['two', 'dpv:RequestedServiceProvision dpv:Marketing qos-profiles:read', false],
    ['one that W3C does not have', 'dpv:Fun qos-profiles:read', false],
    ['one without its prefix', 'RequestedServiceProvision qos-profiles:read', false],
  ])('names one purpose, where its issuer has to: it names %s', async (_what, scope, enough) => {
    const caller = await verify({ scope } as JWTPayload, { purpose: 'required' })
    expect(caller?.withoutPurpose).toBe(enough ? undefined : true)
    expect(await verify({ scope } as JWTPayload)).not.toHaveProperty('withoutPurpose')
  })

  it.each<[string, JWTPayload]>([
    ['for another audience', { aud: 'https://elsewhere.example' }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['that has expired', { exp: at(-6) / 1000 }],
    ['that never expires', { exp: undefined as never }],
    ['that is not good yet', { nbf: at(60) / 1000 }],
    ['without a client', { client_id: undefined }],
    ['whose client is no text', { client_id: 7 }],
  ])('is refused %s', async (_what, claims) => {
    expect(await verify(claims)).toBeUndefined()
  })

  it('is refused where anybody can have made it', async () => {
    const claims = { client_id: 'shop', exp: at(600) / 1000, iss: issuer.issuer, aud: AUDIENCE }
    const tokens = open()
    const good = await issuer.token()
    expect(await tokens.verify(good)).toBeDefined()
    const [header, , signature] = good.split('.')
    const forged = Buffer.from(JSON.stringify({ ...claims, client_id: 'bank' })).toString('base64url')
    expect(await tokens.verify(`${header}.${forged}.${signature}`)).toBeUndefined()
    expect(await tokens.verify(new UnsecuredJWT(claims).encode())).toBeUndefined()
    const shared = new TextEncoder().encode('a secret that anybody could know')
    const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(shared)
    expect(await tokens.verify(hmac)).toBeUndefined()
  })

  it('may be made by a clock that is a little off', async () => {
    expect(await verify({ exp: at(-4) / 1000, nbf: at(4) / 1000 })).toBeDefined()
  })

  it('is verified with keys that are asked for once, and anew when a token names another', async () => {
    const tokens = open()
    const old = await issuer.token()
    await tokens.verify(old)
    await tokens.verify(await issuer.token({ client_id: 'bank' }))
    expect(issuer.asked).toBe(1)
    await issuer.rotate()
    expect(await tokens.verify(await issuer.token())).toBeDefined()
    expect(issuer.asked).toBe(2)
    expect(await tokens.verify(old)).toBeUndefined()
  })

  it('is neither good nor bad while the keys cannot be had: 503, and the cause for our logs', async () => {
    issuer.fail(500)
    await expect(verify()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterSeconds: 1,
      cause: expect.anything() as unknown,
    })
    issuer.fail(undefined)
    expect(await verify()).toBeDefined()
  })

  it("is nobody's where its issuer is unknown, or it is no token at all", async () => {
    const known = accessTokens([open()])
    expect(await known.verify(await issuer.token())).toBeDefined()
    expect(await known.verify(await issuer.token({ iss: 'https://elsewhere.example' }))).toBeUndefined()
    expect(await known.verify('a.b.c')).toBeUndefined()
    expect(issuer.asked).toBe(1)
  })
})

describe('the application of such a token', () => {
  it('is there from its first token on, and only once, however many come at the same time', async () => {
    const tokens = open()
    const token = await issuer.token()
    await Promise.all(Array.from({ length: 5 }, () => tokens.verify(token)))
    expect(await store.applications.list(undefined, 1_000)).toEqual([{ id: 'idp.shop', name: 'shop', createdAt: NOON }])
  })

  it.each([
    ['admin\u200bsocket', 'adminsocket'],
    [`${'x'.repeat(99)}😀y`, `${'x'.repeat(99)}😀`],
    ['\u2066\u2069', applicationIdOf('idp', '\u2066\u2069')],
  ])('has a name that shows, for the client %j', async (client, name) => {
    await verify({ client_id: client })
    expect(await store.applications.list(undefined, 1_000)).toMatchObject([
      { id: applicationIdOf('idp', client), name },
    ])
  })

  it.each(['\ud800', 'a\udc00', 'a\u0000'])('is none for %j, which is not one text alone', async (client) => {
    expect(await verify({ client_id: client })).toBeUndefined()
  })

  it('can be suspended', async () => {
    await verify()
    await store.applications.suspend('idp.shop' as ApplicationId, at(0))
    expect(await verify()).toBeUndefined()
  })

  it('has an id of its own, whatever its client is called', () => {
    const hashed = applicationIdOf('idp', 'https://shop.example/app')
    expect(hashed).toMatch(/^idp_[0-9a-f]{32}$/)
    expect(applicationIdOf('idp', hashed.slice(4))).toBe(`idp.${hashed.slice(4)}`)
    expect(applicationIdOf('idp', 'x'.repeat(500)).length).toBeLessThanOrEqual(64)
    expect(applicationIdOf('other', 'shop')).not.toBe(applicationIdOf('idp', 'shop'))
  })
})

describe('a three-legged token of another authorization server', () => {
  const phone = { claim: 'phone_number', kind: 'phoneNumber' } as const

  it('names the device, and its subscriber by a keyed hash', async () => {
    const caller = await verify({ phone_number: '+36721601234567', sub: '+36721601234567' }, { device: phone })
    expect(caller?.device).toEqual({ kind: 'phoneNumber', phoneNumber: '+36721601234567' })
    expect(caller?.subject).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const again = await verify({ phone_number: '+36721601234567', sub: 'another' }, { device: phone })
    expect(again?.subject).not.toBe(caller?.subject)
  })

  it.each([['36721601234567'], ['tel:+36721601234567']])('takes the spelling %s', async (phone_number) => {
    const caller = await verify({ phone_number }, { device: phone })
    expect(caller?.device).toEqual({ kind: 'phoneNumber', phoneNumber: '+36721601234567' })
  })

  it('is a two-legged one without that claim', async () => {
    const caller = await verify({}, { device: phone })
    expect(caller).toBeDefined()
    expect(caller).not.toHaveProperty('device')
    expect(caller).not.toHaveProperty('subject')
  })

  it.each([[''], ['0036721'], ['+36 72'], [36721601234567], [{}]])(
    'is refused where the claim is %j',
    async (value) => {
      expect(await verify({ phone_number: value }, { device: phone })).toBeUndefined()
    },
  )

  it('is refused without a subscriber', async () => {
    expect(
      await verify({ phone_number: '+36721601234567', sub: undefined as never }, { device: phone }),
    ).toBeUndefined()
    expect(await verify({ phone_number: '+36721601234567', sub: '\ud800' }, { device: phone })).toBeUndefined()
  })

  it('can name the device by every kind of identifier that there is', async () => {
    const named = async (kind: NonNullable<ExternalIssuer['device']>['kind'], value: unknown) =>
      (await verify({ d: value }, { device: { claim: 'd', kind } }))?.device
    expect(await named('networkAccessIdentifier', 'a@B.example')).toMatchObject({ nai: 'a@b.example' })
    expect(await named('ipv6Address', '2001:db8::1')).toMatchObject({ address: '2001:db8::1/128' })
    expect(await named('ipv4Address', { publicAddress: '233.252.0.2', publicPort: 80 })).toMatchObject({
      publicAddress: '233.252.0.2',
      publicPort: 80,
    })
    for (const wrong of [
      '233.252.0.2',
      { publicAddress: '233.252.0.2' },
      { publicAddress: 'x', publicPort: 80 },
      null,
    ]) {
      expect(await named('ipv4Address', wrong)).toBeUndefined()
    }
    expect(await named('ipv6Address', 'not one')).toBeUndefined()
  })
})
