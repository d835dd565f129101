import type { ApplicationId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { at, NOON } from '../../domain/session.fixture.js'
import type { ApplicationKey, ApplicationStore } from '../../ports/store/applications.js'
import { isSecretOf, makeKey, verifyKey } from './application-keys.js'

const application = 'app-a' as ApplicationId

/** A store that holds these keys, and counts how often it is asked. */
function storeOf(...records: ApplicationKey[]) {
  const asked: string[] = []
  const findKey = async (prefix: string) => {
    asked.push(prefix)
    return records.find((record) => record.prefix === prefix)
  }
  const find: ApplicationStore['find'] = async (id) =>
    id === SUSPENDED ? { id, name: id, createdAt: NOON, suspendedAt: NOON } : { id, name: id, createdAt: NOON }
  return { asked, applications: { find, findKey } as Pick<ApplicationStore, 'find' | 'findKey'> as ApplicationStore }
}

const SUSPENDED = 'app-suspended' as ApplicationId

describe('an application key', () => {
  it('is 256 random bits behind a public prefix, and nothing of it is kept but a hash', () => {
    const keys = Array.from({ length: 50 }, () => makeKey({ application, createdAt: NOON }))
    expect(new Set(keys.map(({ text }) => text)).size).toBe(50)
    for (const { text, record } of keys) {
      const [, prefix, secret = ''] = /^row_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/.exec(text) ?? []
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
      expect(record.prefix).toBe(prefix)
      expect(record.hash).toMatch(/^[0-9a-f]{64}$/)
      expect(JSON.stringify(record)).not.toContain(secret)
    }
  })

  it('is for CAMARA clients unless it is said otherwise, and keeps what is said of it', () => {
    expect(makeKey({ application, createdAt: NOON }).record.compatibility).toBe('camara')
    const more = { name: 'for tests', scopes: ['a'], compatibility: 'nokia', expiresAt: at(60) } as const
    expect(makeKey({ application, createdAt: NOON, ...more }).record).toMatchObject({ application, ...more })
  })

  it('names its application, with the scopes and the compatibility it was made for', async () => {
    const { text, record } = makeKey({ application, createdAt: NOON, scopes: ['a', 'b'], compatibility: 'nokia' })
    const { applications, asked } = storeOf(makeKey({ application, createdAt: NOON }).record, record)
    expect(await verifyKey(applications, text, NOON)).toEqual({
      application,
      compatibility: 'nokia',
      key: record.prefix,
      scopes: new Set(['a', 'b']),
    })
    expect(asked).toEqual([record.prefix])
  })

  it('has all scopes when none are named, and none when the list is empty', async () => {
    const all = makeKey({ application, createdAt: NOON })
    const none = makeKey({ application, createdAt: NOON, scopes: [] })
    const { applications } = storeOf(all.record, none.record)
    expect((await verifyKey(applications, all.text, NOON))?.scopes).toBeUndefined()
    expect((await verifyKey(applications, none.text, NOON))?.scopes).toEqual(new Set())
  })

  it('is unknown with another secret, another prefix, or any other form', async () => {
    const { text, record } = makeKey({ application, createdAt: NOON })
    const other = makeKey({ application, createdAt: NOON })
    const { applications, asked } = storeOf(record)
    const swapped = `row_${record.prefix}_${other.text.slice(-43)}`
    for (const wrong of [swapped, other.text]) expect(await verifyKey(applications, wrong, NOON)).toBeUndefined()
    expect(asked).toHaveLength(2)
    for (const malformed of ['', 'row_', text.slice(1), `${text}A`, text.toUpperCase(), `${text}\n`, record.hash]) {
      expect(await verifyKey(applications, malformed, NOON)).toBeUndefined()
    }
    expect(asked).toHaveLength(2)
  })

  it('is refused as soon as it has expired or is revoked', async () => {
    const { text, record } = makeKey({ application, createdAt: NOON, expiresAt: at(60) })
    const { applications } = storeOf(record)
    expect(await verifyKey(applications, text, at(60) - 1)).toMatchObject({ application, expiresAt: at(60) })
    expect(await verifyKey(applications, text, at(60))).toBeUndefined()
    const revoked = storeOf({ ...record, revokedAt: at(10) })
    expect(await verifyKey(revoked.applications, text, at(1))).toBeUndefined()
  })

  it('is refused while its application is suspended', async () => {
    const { text, record } = makeKey({ application: SUSPENDED, createdAt: NOON })
    expect(await verifyKey(storeOf(record).applications, text, NOON)).toBeUndefined()
  })

  it('is no key where it is the secret of an OAuth client: what the client may do is for the token to say', async () => {
    const client = { grantTypes: ['client_credentials'], redirectUris: [] } as const
    const { text, record } = makeKey({ application, createdAt: NOON, client })
    expect(isSecretOf(record, text)).toBe(true)
    expect(isSecretOf(record, makeKey({ application, createdAt: NOON }).text)).toBe(false)
    expect(await verifyKey(storeOf(record).applications, text, NOON)).toBeUndefined()
  })
})
