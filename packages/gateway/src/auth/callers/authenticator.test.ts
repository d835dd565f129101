import type { ApplicationId } from '@rightofway/camara'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../domain/caller.js'
import { at, NOON } from '../../domain/session.fixture.js'
import type { ApplicationKey, ApplicationStore } from '../../ports/store/applications.js'
import type { GrantStore } from '../../ports/store/grants.js'
import type { TokenIssuer } from './access-tokens.js'
import { makeKey, type NewKey } from './application-keys.js'
import { Authenticator, type Credentials } from './authenticator.js'

const application = 'app-a' as ApplicationId

let now: number
let monotonic: number
let records: Map<string, ApplicationKey>
let asked: number
let changed: (() => void) | undefined
let withdrawn: (() => void) | undefined
let known: Map<string, Caller>
let authenticator: Authenticator

beforeEach(() => {
  now = NOON
  monotonic = 0
  records = new Map()
  asked = 0
  changed = undefined
  withdrawn = undefined
  known = new Map()
  const applications: Pick<ApplicationStore, 'find' | 'findKey' | 'watch'> = {
    async find(id) {
      return { id, name: id, createdAt: NOON }
    },
    async findKey(prefix) {
      asked++
      return records.get(prefix)
    },
    watch(listener) {
      changed = listener
      return () => {
        changed = undefined
      }
    },
  }
  const grants: Pick<GrantStore, 'watch'> = {
    watch(listener) {
      withdrawn = listener
      return () => {
        withdrawn = undefined
      }
    },
  }
  const tokens: Pick<TokenIssuer, 'verify'> = {
    async verify(token) {
      asked++
      return known.get(token)
    },
  }
  authenticator = new Authenticator({
    applications: applications as ApplicationStore,
    grants,
    tokens,
    realNow: () => now,
    monotonicNow: () => monotonic,
  })
})

/** A key that the store knows. */
function newKey(more: Partial<NewKey> = {}): { text: string; prefix: string } {
  const { text, record } = makeKey({ application, createdAt: NOON, ...more })
  records.set(record.prefix, record)
  return { text, prefix: record.prefix }
}

const bearer = (token: string): Credentials => ({ authorization: `Bearer ${token}`, rapidApiKey: undefined })

const authenticate = async (credentials: Credentials) => authenticator.authenticate(credentials)

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED', status: 401 }

describe('the authentication of a request', () => {
  it.each([['Bearer KEY'], ['bearer KEY'], ['BEARER   KEY  ']])('takes %s', async (form) => {
    const { text } = newKey()
    const authorization = form.replace('KEY', text)
    expect(await authenticate({ authorization, rapidApiKey: undefined })).toMatchObject({ application })
  })

  it("takes X-RapidAPI-Key, in which Nokia's clients send theirs [contract 3.3]", async () => {
    const { text } = newKey()
    expect(await authenticate({ authorization: undefined, rapidApiKey: text })).toMatchObject({ application })
  })

  it('uses the authorization header if both are present', async () => {
    const { text } = newKey()
    await expect(authenticate({ authorization: 'Bearer nonsense', rapidApiKey: text })).rejects.toMatchObject(
      UNAUTHENTICATED,
    )
  })

  it.each([[''], ['Bearer'], ['Bearer '], ['Basic KEY'], ['KEY'], ['Bearer KEY more'], ['Token Bearer KEY']])(
    'answers 401 to %j, missing and malformed alike [contract 2.0]',
    async (form) => {
      const authorization = form.replace('KEY', newKey().text)
      await expect(authenticate({ authorization, rapidApiKey: undefined })).rejects.toMatchObject(UNAUTHENTICATED)
    },
  )

  it('answers 401 without a key, and to an unknown key', async () => {
    const nothing = { authorization: undefined, rapidApiKey: undefined }
    await expect(authenticate(nothing)).rejects.toMatchObject(UNAUTHENTICATED)
    await expect(authenticate(bearer(makeKey({ application, createdAt: NOON }).text))).rejects.toMatchObject(
      UNAUTHENTICATED,
    )
  })
})

describe('a cached caller', () => {
  it('is known without asking the store', async () => {
    const { text } = newKey()
    const first = await authenticate(bearer(text))
    expect(asked).toBe(1)
    // At once, without a turn of the event loop.
    expect(authenticator.authenticate(bearer(text))).toBe(first)
    expect(authenticator.authenticate({ authorization: undefined, rapidApiKey: text })).toBe(first)
    expect(asked).toBe(1)
  })

  it('is not confused with another', async () => {
    const [one, other] = [newKey(), newKey({ application: 'app-b' as ApplicationId })]
    await authenticate(bearer(one.text))
    expect(await authenticate(bearer(other.text))).toMatchObject({ application: 'app-b' })
    expect(await authenticate(bearer(one.text))).toMatchObject({ application: 'app-a' })
  })

  it('is not known any longer when the key has expired', async () => {
    const { text } = newKey({ expiresAt: at(60) })
    await authenticate(bearer(text))
    now = at(60) - 1
    await authenticate(bearer(text))
    expect(asked).toBe(1)
    now = at(60)
    await expect(authenticate(bearer(text))).rejects.toMatchObject(UNAUTHENTICATED)
  })

  it('is asked for again when a key was revoked: that counts at once', async () => {
    const { text, prefix } = newKey()
    await authenticate(bearer(text))
    records.set(prefix, { ...(records.get(prefix) as ApplicationKey), revokedAt: at(1) })
    changed?.()
    await expect(authenticate(bearer(text))).rejects.toMatchObject(UNAUTHENTICATED)
  })

  it('is not remembered when the key was revoked while it was looked up', async () => {
    const { text, prefix } = newKey()
    const looking = authenticate(bearer(text))
    changed?.()
    await looking
    records.set(prefix, { ...(records.get(prefix) as ApplicationKey), revokedAt: at(1) })
    await expect(authenticate(bearer(text))).rejects.toMatchObject(UNAUTHENTICATED)
    expect(asked).toBe(2)
  })

  it('is not cached as unknown: a key may be created later', async () => {
    const { text, record } = makeKey({ application, createdAt: NOON })
    await expect(authenticate(bearer(text))).rejects.toMatchObject(UNAUTHENTICATED)
    records.set(record.prefix, record)
    expect(await authenticate(bearer(text))).toMatchObject({ application })
  })

  it('that is refused repeatedly is not looked up every time, until a key is created or a second has passed', async () => {
    const { text, record } = makeKey({ application, createdAt: NOON })
    const refuse = (token: string) => expect(authenticate(bearer(token))).rejects.toMatchObject(UNAUTHENTICATED)
    for (let n = 0; n < 10; n++) await refuse(text)
    expect(asked).toBe(3)
    // Another is not judged by it.
    await refuse(makeKey({ application, createdAt: NOON }).text)
    expect(asked).toBe(4)
    monotonic += 1_000
    for (let n = 0; n < 10; n++) await refuse(text)
    expect(asked).toBe(7)
    records.set(record.prefix, record)
    changed?.()
    expect(await authenticate(bearer(text))).toMatchObject({ application })
  })

  it('is not refused by a cached result from before a key was created', async () => {
    const { text, record } = makeKey({ application, createdAt: NOON })
    const looking = Array.from({ length: 5 }, () => authenticate(bearer(text)).catch(() => undefined))
    changed?.()
    await Promise.all(looking)
    records.set(record.prefix, record)
    expect(await authenticate(bearer(text))).toMatchObject({ application })
  })

  it('stops watching the store when it is closed', () => {
    expect([changed, withdrawn]).not.toContain(undefined)
    authenticator.close()
    expect([changed, withdrawn]).toEqual([undefined, undefined])
  })

  it('drops the least recently used when there are too many', async () => {
    const first = newKey()
    await authenticate(bearer(first.text))
    for (let i = 0; i < 9_999; i++) {
      known.set(`a.${i}.c`, { application, compatibility: 'camara' })
      await authenticate(bearer(`a.${i}.c`))
    }
    asked = 0
    await authenticate(bearer(first.text))
    expect(asked).toBe(0)
    known.set('a.more.c', { application, compatibility: 'camara' })
    await authenticate(bearer('a.more.c'))
    await authenticate(bearer(first.text))
    expect(asked).toBe(1)
    await authenticate(bearer('a.0.c'))
    expect(asked).toBe(2)
  })
})

describe('an access token', () => {
  const TOKEN = 'header.claims.signature'
  const caller = { application, compatibility: 'camara', scopes: new Set(['one']) } as const

  it('is told from a key by its form, verified once, and known from then on', async () => {
    known.set(TOKEN, caller)
    expect(await authenticate(bearer(TOKEN))).toBe(caller)
    expect(authenticator.authenticate(bearer(TOKEN))).toBe(caller)
    expect(asked).toBe(1)
  })

  it('is refused from the moment on at which it expires', async () => {
    known.set(TOKEN, { ...caller, expiresAt: at(60) })
    await authenticate(bearer(TOKEN))
    now = at(60)
    known.delete(TOKEN)
    await expect(authenticate(bearer(TOKEN))).rejects.toMatchObject(UNAUTHENTICATED)
  })

  it('is verified again when consent was withdrawn, or a key revoked', async () => {
    known.set(TOKEN, caller)
    for (const change of [withdrawn, changed]) {
      await authenticate(bearer(TOKEN))
      asked = 0
      change?.()
      await authenticate(bearer(TOKEN))
      expect(asked).toBe(1)
    }
  })

  it('is called invalid where it is; a request without any is only told what kind is wanted [RFC 6750 section 3.1]', async () => {
    const invalid = { ...UNAUTHENTICATED, challenge: 'error="invalid_token"' }
    await expect(authenticate(bearer(TOKEN))).rejects.toMatchObject(invalid)
    await expect(authenticate(bearer('row_nonsense'))).rejects.toMatchObject(invalid)
    for (const credentials of [
      { authorization: undefined, rapidApiKey: undefined },
      { authorization: 'Basic YTpi', rapidApiKey: undefined },
      { authorization: 'Digest username="a"', rapidApiKey: undefined },
      { authorization: undefined, rapidApiKey: 'nonsense' },
    ]) {
      await expect(authenticate(credentials)).rejects.toMatchObject({ ...UNAUTHENTICATED, challenge: undefined })
    }
  })
})
