import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../adapters/store-sqlite/store.js'
import type { Store } from '../../ports/store/store.js'
import { AssertionKeys } from './assertion-keys.js'
import { Keyring, Secrets } from './keyring.js'

const HOUR = 3_600_000
const AUDIENCE = 'https://as.example/token'

async function withKeys(
  use: (context: { keys: AssertionKeys; store: Store; secrets: Secrets; pass: (ms: number) => void }) => Promise<void>,
) {
  const store = openSqliteStore({ file: ':memory:' })
  let keyring = Keyring.generate()
  const source = {
    load: async () => keyring,
    async save(next: Keyring) {
      keyring = next
    },
  }
  const secrets = await Secrets.open(store, source)
  let now = Date.parse('2026-03-01T12:00:00Z')
  const keys = new AssertionKeys({ settings: store.settings, secrets, realNow: () => now })
  try {
    await use({
      keys,
      store,
      secrets,
      pass(ms) {
        now += ms
      },
    })
  } finally {
    await store.close()
  }
}

/** What a server would make of an assertion, at the time of the keys. */
async function verify(keys: AssertionKeys, assertion: string, at: string) {
  const published = createLocalJWKSet((await keys.publicKeys()) as JSONWebKeySet)
  return jwtVerify(assertion, published, { audience: AUDIENCE, currentDate: new Date(at) })
}

const assertion = (keys: AssertionKeys) => keys.assert({ clientId: 'gateway', audience: AUDIENCE })
const states = async (keys: AssertionKeys) => (await keys.list()).map(({ state }) => state)

describe('the keys of client assertions', () => {
  it('begin as one, however many assertions are wanted at the same time', () =>
    withKeys(async ({ keys }) => {
      const kids = (await Promise.all([1, 2, 3].map(() => assertion(keys)))).map(
        (made) => decodeProtectedHeader(made).kid,
      )
      expect(kids).toEqual(Array(3).fill((await keys.list())[0]?.kid))
    }))

  it('sign assertions that whoever knows the published keys can verify [RFC 7523 section 3]', () =>
    withKeys(async ({ keys }) => {
      const signed = await assertion(keys)
      const { payload, protectedHeader } = await verify(keys, signed, '2026-03-01T12:00:30Z')
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: (await keys.list())[0]?.kid })
      expect(payload).toMatchObject({ iss: 'gateway', sub: 'gateway', aud: AUDIENCE })
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
      const again = await verify(keys, await assertion(keys), '2026-03-01T12:00:30Z')
      expect(again.payload.jti).not.toBe(payload.jti)
      await expect(verify(keys, signed, '2026-03-01T12:01:01Z')).rejects.toThrow()
    }))

  it('show nothing of their private halves, neither published nor at rest', () =>
    withKeys(async ({ keys, store }) => {
      expect(await keys.publicKeys()).toEqual({ keys: [] })
      await keys.ensure()
      await keys.ensure()
      const { keys: published } = await keys.publicKeys()
      expect(published).toHaveLength(1)
      expect(Object.keys(published[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(await store.settings.get('assertion-keys')).not.toContain(String(published[0]?.x))
    }))

  it('are published an hour before they sign, and an hour after', () =>
    withKeys(async ({ keys, pass }) => {
      await keys.ensure()
      const kidOf = async () => decodeProtectedHeader(await assertion(keys)).kid
      const first = await kidOf()
      await keys.rotate(false)
      expect(await states(keys)).toEqual(['current', 'next'])
      pass(HOUR - 1)
      expect(await kidOf()).toBe(first)
      pass(1)
      expect(await states(keys)).toEqual(['retired', 'current'])
      expect(await kidOf()).not.toBe(first)
      pass(HOUR + 60_000 - 1)
      expect(await states(keys)).toEqual(['retired', 'current'])
      pass(1)
      expect(await states(keys)).toEqual(['current'])
    }))

  it('are replaced at once where somebody else knows one', () =>
    withKeys(async ({ keys }) => {
      await keys.ensure()
      const stolen = await assertion(keys)
      await keys.rotate(true)
      expect(await states(keys)).toEqual(['current'])
      await expect(verify(keys, stolen, '2026-03-01T12:00:30Z')).rejects.toThrow()
      await verify(keys, await assertion(keys), '2026-03-01T12:00:30Z')
    }))

  it('are encrypted anew with the keyring', () =>
    withKeys(async ({ keys, store, secrets }) => {
      await keys.ensure()
      const before = await store.settings.get('assertion-keys')
      const published = await keys.publicKeys()
      await secrets.rotate()
      expect(await store.settings.get('assertion-keys')).not.toBe(before)
      expect(await keys.publicKeys()).toEqual(published)
    }))
})
