import type { ErrorInfo } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROFILES, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

interface Application {
  id: string
  name: string
  createdAt: string
}
interface Key {
  prefix: string
  revokedAt?: string
}

const makeApplication = (name = 'Acme') => gateway.admin<Application>('POST', '/applications', { name })
const makeKey = (id: string, body: object = {}) =>
  gateway.admin<{ key: string; record: Key }>('POST', `/applications/${id}/keys`, body)
const tryKey = async (key: string) => (await gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key })).status

const noSuchApplication = { status: 404, code: 'NOT_FOUND', message: 'There is no such application.' }

describe('createApplication and listApplications', () => {
  it('add an application, and list it with the others', async () => {
    const made = await gateway.callAdmin<Application>('POST', '/applications', { name: 'Acme' })
    expect(made).toMatchObject({ status: 201, body: { name: 'Acme' } })
    expect(made.body.id).toMatch(/^app-[0-9a-f-]{36}$/)
    expect(await gateway.admin<Application[]>('GET', '/applications')).toContainEqual(made.body)
  })

  const blank = [{ name: 'Acme\u3164' }, { name: '\u2800' }, { name: 'Acme\ufe0f' }]
  it.each([{}, { name: '' }, { name: 'x'.repeat(101) }, { name: 'Acme', id: 'mine' }, ...blank])(
    'refuse %j',
    async (body) => {
      const refusal = await gateway.callAdmin<ErrorInfo>('POST', '/applications', body)
      expect(refusal.body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
    },
  )
})

describe('renameApplication', () => {
  it('changes the name, and nothing else', async () => {
    const application = await makeApplication()
    const renamed = await gateway.admin('PATCH', `/applications/${application.id}`, { name: 'Emca' })
    expect(renamed).toEqual({ ...application, name: 'Emca' })
    expect(await gateway.admin<Application[]>('GET', '/applications')).toContainEqual(renamed)
  })

  it('refuses an unknown application', async () => {
    expect((await gateway.callAdmin('PATCH', '/applications/app-0', { name: 'x' })).body).toEqual(noSuchApplication)
  })
})

describe('createApplicationKey', () => {
  it('shows the key once; afterwards only what the store keeps of it', async () => {
    const { id } = await makeApplication()
    const { key, record } = await makeKey(id, { name: 'laptop', compatibility: 'nokia' })
    expect(key).toMatch(new RegExp(`^row_${record.prefix}_[A-Za-z0-9_-]{43}$`))
    const kept = await gateway.callAdmin<Key[]>('GET', `/applications/${id}/keys`)
    expect(kept.body).toEqual([record])
    expect(kept.body[0]).toEqual({
      prefix: record.prefix,
      application: id,
      name: 'laptop',
      compatibility: 'nokia',
      createdAt: expect.any(String) as string,
    })
    expect(kept.text).not.toContain(key.slice(-43))
    expect(await tryKey(key)).toBe(200)
  })

  it('makes a key with limited scopes, or a limited lifetime', async () => {
    const { id } = await makeApplication()
    const scopes = ['quality-on-demand:sessions:read']
    const scoped = await makeKey(id, { scopes })
    expect(scoped.record).toMatchObject({ scopes })
    expect(await tryKey(scoped.key)).toBe(403)
    const expiresAt = '2020-01-01T00:00:00.000Z'
    const expired = await makeKey(id, { expiresAt })
    expect(expired.record).toMatchObject({ expiresAt })
    expect(await tryKey(expired.key)).toBe(401)
    expect(await tryKey((await makeKey(id, { expiresAt: '2099-01-01T00:00:00+02:00' })).key)).toBe(200)
  })

  it.each([
    [{ scopes: ['quality-on-demand:session:read'] }, 'scopes[0] must be one of quality-on-demand:sessions:create, '],
    [{ scopes: ['qos-profiles:read', 'qos-profiles:read'] }, 'scopes must not contain an item twice'],
    [{ compatibility: 'ericsson' }, 'compatibility must be one of camara, nokia'],
    [{ expiresAt: 'tomorrow' }, 'expiresAt must be a date and time with a time zone (RFC 3339)'],
    [{ key: 'mine' }, 'key is not a known member'],
  ])('refuses %j', async (body, words) => {
    const { id } = await makeApplication()
    const refusal = await gateway.callAdmin<ErrorInfo>('POST', `/applications/${id}/keys`, body)
    expect(refusal.body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
    expect(refusal.body.message).toContain(words)
  })

  it('refuses an unknown application, and so does listApplicationKeys', async () => {
    expect((await gateway.callAdmin('POST', '/applications/app-0/keys', {})).body).toEqual(noSuchApplication)
    expect((await gateway.callAdmin('GET', '/applications/app-0/keys')).body).toEqual(noSuchApplication)
  })
})

describe('revokeApplicationKey', () => {
  it('has the key refused from the next request on, and keeps its record', async () => {
    const { id } = await makeApplication()
    const [first, second] = [await makeKey(id), await makeKey(id)]
    expect(await tryKey(first.key)).toBe(200)
    const answer = await gateway.callAdmin('DELETE', `/keys/${first.record.prefix}`)
    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(await tryKey(first.key)).toBe(401)
    expect(await tryKey(second.key)).toBe(200)
    const keys = await gateway.admin<Key[]>('GET', `/applications/${id}/keys`)
    const revoked = keys.find(({ prefix }) => prefix === first.record.prefix)
    expect(revoked?.revokedAt).toEqual(expect.any(String))
    // A second time changes nothing.
    await gateway.admin('DELETE', `/keys/${first.record.prefix}`)
    expect(await gateway.admin('GET', `/applications/${id}/keys`)).toEqual(keys)
  })

  it('refuses an unknown prefix', async () => {
    expect((await gateway.callAdmin('DELETE', '/keys/0123456789ab')).body).toEqual({
      status: 404,
      code: 'NOT_FOUND',
      message: 'There is no key with this prefix.',
    })
  })
})

describe('rotateApplicationKey', () => {
  it('makes a key like the old one, which is valid until the overlap ends', async () => {
    const { id } = await makeApplication()
    const old = await makeKey(id, { name: 'stage', scopes: ['qos-profiles:read'], compatibility: 'nokia' })
    const rotate = (prefix: string, overlapSeconds: number) =>
      gateway.callAdmin<{ key: string; record: Key }>('POST', `/keys/${prefix}/rotate`, { overlapSeconds })
    const { body: made } = await rotate(old.record.prefix, 3600)
    expect(made.record).toMatchObject({ name: 'stage', scopes: ['qos-profiles:read'], compatibility: 'nokia' })
    expect(await tryKey(made.key)).toBe(await tryKey(old.key))
    const { body: third } = await rotate(made.record.prefix, 0)
    expect(await tryKey(made.key)).toBe(401)
    expect(await tryKey(third.key)).toBe(await tryKey(old.key))
    expect(await rotate(made.record.prefix, 0)).toMatchObject({ status: 409 })
    expect(await rotate('0123456789ab', 0)).toMatchObject({ status: 404 })
  })

  it('makes the new secret of an OAuth client, which is not valid as a key', async () => {
    const { id } = await makeApplication()
    const client = { grantTypes: ['client_credentials'], redirectUris: [] }
    const old = await makeKey(id, { client: { grantTypes: ['client_credentials'] } })
    const { body: made } = await gateway.callAdmin<{ key: string; record: Key }>(
      'POST',
      `/keys/${old.record.prefix}/rotate`,
      { overlapSeconds: 0 },
    )
    expect(made.record).toMatchObject({ client })
    expect(await tryKey(made.key)).toBe(401)
  })
})
