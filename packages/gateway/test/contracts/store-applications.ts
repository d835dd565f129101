import type { ApplicationId } from '@rightofway/camara'
import { expect } from 'vitest'
import { at, NOON } from '../../src/domain/session.fixture.js'
import type { ApplicationKey } from '../../src/ports/store/applications.js'
import type { ContractTest } from '../support/contract.js'
import { until } from '../support/waiting.js'
import type { WithStore } from './store-context.js'

const A = { id: 'app-a' as ApplicationId, name: 'First', createdAt: NOON }
const B = { id: 'app-b' as ApplicationId, name: 'Second', createdAt: at(1) }

const key = (prefix: string, more: Partial<ApplicationKey> = {}): ApplicationKey => ({
  prefix,
  application: A.id,
  hash: `hash of ${prefix}`,
  compatibility: 'camara',
  createdAt: NOON,
  ...more,
})

export function describeApplications(test: ContractTest, withStore: WithStore): void {
  test(
    'keeps applications, and renames them',
    withStore(async ({ store: { applications }, reopen }) => {
      expect(await applications.list(undefined, 1_000)).toEqual([])
      await applications.create(B)
      await applications.create(A)
      expect(await applications.find(A.id)).toEqual(A)
      expect(await applications.find('nobody' as ApplicationId)).toBeUndefined()
      expect(await applications.list(undefined, 1_000)).toEqual([A, B])
      expect(await applications.rename(B.id, 'Renamed')).toBe(true)
      expect(await applications.rename('nobody' as ApplicationId, 'x')).toBe(false)
      const again = await reopen()
      expect(await again.applications.list(undefined, 1_000)).toEqual([A, { ...B, name: 'Renamed' }])
    }),
  )

  test(
    'suspends an application, takes that back, and tells who watches of both',
    withStore(async ({ store: { applications }, reopen }) => {
      await applications.create(A)
      let told = 0
      applications.watch(() => told++)
      expect(await applications.suspend(A.id, at(5))).toBe(true)
      await until(() => told === 1)
      expect(await applications.find(A.id)).toEqual({ ...A, suspendedAt: at(5) })
      expect(await applications.suspend(A.id, undefined)).toBe(true)
      await until(() => told === 2)
      expect(await applications.suspend('nobody' as ApplicationId, at(5))).toBe(false)
      expect(await (await reopen()).applications.list(undefined, 1_000)).toEqual([A])
    }),
  )

  test(
    'does not take one id, or one prefix, twice',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      await expect(applications.create({ ...B, id: A.id })).rejects.toThrow()
      await expect(applications.addKey(key('p1', { hash: 'another' }))).rejects.toThrow()
      expect(await applications.list(undefined, 1_000)).toEqual([A])
      expect(await applications.findKey('p1')).toEqual(key('p1'))
    }),
  )

  test(
    'finds a key by its prefix, with all that was said of it, and lists the keys of an application in their order',
    withStore(async ({ store: { applications }, reopen }) => {
      await applications.create(A)
      await applications.create(B)
      const rich = key('p2', {
        name: 'for tests',
        scopes: ['quality-on-demand:sessions:read'],
        compatibility: 'nokia',
        client: { grantTypes: ['authorization_code'], redirectUris: ['https://app.example/back'] },
        createdAt: at(2),
        expiresAt: at(3600),
      })
      const newest = key('p0', { createdAt: at(3), scopes: [] })
      for (const record of [newest, rich, key('p1'), key('p9', { application: B.id })])
        await applications.addKey(record)
      expect(await applications.findKey('p2')).toEqual(rich)
      expect(await applications.findKey('p')).toBeUndefined()
      const again = await reopen()
      expect(await again.applications.keysOf(A.id, undefined, 1_000)).toEqual([key('p1'), rich, newest])
      expect(await again.applications.keysOf('nobody' as ApplicationId, undefined, 1_000)).toEqual([])
    }),
  )

  test(
    'lists applications and keys page by page ["a list without a bound"]',
    withStore(async ({ store: { applications } }) => {
      await applications.create(B)
      await applications.create(A)
      expect(await applications.list(undefined, 1)).toEqual([A])
      expect(await applications.list(A.id, 1)).toEqual([B])
      expect(await applications.list(B.id, 1)).toEqual([])
      const keys = [key('p3'), key('p5'), key('p1', { createdAt: at(2) }), key('p4', { createdAt: at(3) })]
      for (const record of [...keys, key('p2', { application: B.id })]) await applications.addKey(record)
      expect(await applications.keysOf(A.id, undefined, 3)).toEqual(keys.slice(0, 3))
      expect(await applications.keysOf(A.id, 'p3', 2)).toEqual(keys.slice(1, 3))
      expect(await applications.keysOf(A.id, 'p1', 3)).toEqual(keys.slice(3))
      expect(await applications.keysOf(A.id, 'p4', 3)).toEqual([])
      expect(await applications.keysOf(A.id, 'unknown', 3)).toEqual([])
    }),
  )

  test(
    'does not take a key of an application that there is not',
    withStore(async ({ store: { applications } }) => {
      await expect(applications.addKey(key('p1'))).rejects.toThrow()
      expect(await applications.findKey('p1')).toBeUndefined()
    }),
  )

  test(
    'revokes a key for good, at the time it was first revoked',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      expect(await applications.revokeKey('p1', at(10))).toBe(true)
      expect(await applications.findKey('p1')).toEqual(key('p1', { revokedAt: at(10) }))
      expect(await applications.revokeKey('p1', at(20))).toBe(true)
      expect(await applications.findKey('p1')).toEqual(key('p1', { revokedAt: at(10) }))
      expect(await applications.revokeKey('unknown', at(10))).toBe(false)
    }),
  )

  test(
    'notes when a key was last used',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      await applications.noteKeyUses([
        { prefix: 'p1', at: at(8) },
        { prefix: 'unknown', at: at(8) },
      ])
      await applications.noteKeyUses([{ prefix: 'p1', at: at(7) }])
      expect(await applications.findKey('p1')).toEqual(key('p1', { lastUsedAt: at(8) }))
    }),
  )

  test(
    'replaces a key by another: the old one ends no later than it would have',
    withStore(async ({ store: { applications }, reopen }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      await applications.addKey(key('p2', { expiresAt: at(5) }))
      expect(await applications.replaceKey('p1', key('n1'), at(10), at(1))).toBe(true)
      expect(await applications.replaceKey('p2', key('n2'), at(10), at(1))).toBe(true)
      const again = await reopen()
      expect(await again.applications.keysOf(A.id, undefined, 1_000)).toEqual([
        key('n1'),
        key('n2'),
        key('p1', { expiresAt: at(10) }),
        key('p2', { expiresAt: at(5) }),
      ])
    }),
  )

  test(
    'replaces no key that is unknown, revoked or expired, and adds nothing then',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      await applications.addKey(key('p2', { expiresAt: at(5) }))
      await applications.revokeKey('p1', at(1))
      for (const prefix of ['p1', 'p2', 'unknown']) {
        expect(await applications.replaceKey(prefix, key('n1'), at(10), at(5))).toBe(false)
      }
      expect(await applications.findKey('n1')).toBeUndefined()
      expect(await applications.findKey('p2')).toEqual(key('p2', { expiresAt: at(5) }))
    }),
  )

  test(
    'keeps the old key as it was when the new one cannot be added',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      await applications.addKey(key('taken'))
      await expect(applications.replaceKey('p1', key('taken'), at(10), at(1))).rejects.toThrow()
      expect(await applications.findKey('p1')).toEqual(key('p1'))
    }),
  )

  test(
    'replaces the public keys of a client that has some, and of no other',
    withStore(async ({ store: { applications }, reopen }) => {
      const client = { grantTypes: ['client_credentials'], redirectUris: ['https://app.example/back'] } as const
      const jwks = (x: string) => ({ jwks: { keys: [{ kty: 'EC', crv: 'P-256', x, y: 'AA' }] } })
      await applications.create(A)
      await applications.addKey(key('p1', { client: { ...client, keys: jwks('old') } }))
      await applications.addKey(key('p2', { client }))
      await applications.addKey(key('p3'))
      expect(await applications.setClientKeys('p1', jwks('new'))).toBe(true)
      for (const prefix of ['p2', 'p3', 'unknown']) {
        expect(await applications.setClientKeys(prefix, { jwksUri: 'https://app.example/jwks' })).toBe(false)
      }
      const again = await reopen()
      expect(await again.applications.keysOf(A.id, undefined, 1_000)).toEqual([
        key('p1', { client: { ...client, keys: jwks('new') } }),
        key('p2', { client }),
        key('p3'),
      ])
    }),
  )

  test(
    'tells who watches that a key was made, no earlier than it can be found',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      const found: Promise<ApplicationKey | undefined>[] = []
      const stop = applications.watch(() => found.push(applications.findKey('p1')))
      await applications.addKey(key('p1'))
      await until(() => found.length > 0)
      expect(await found.at(-1)).toMatchObject({ prefix: 'p1' })
      stop()
    }),
  )

  test(
    'tells who watches that a key was revoked, no earlier than it can be read, until they stop',
    withStore(async ({ store: { applications } }) => {
      await applications.create(A)
      await applications.addKey(key('p1'))
      await applications.addKey(key('p2'))
      let told = 0
      const read: Promise<ApplicationKey | undefined>[] = []
      const stop = applications.watch(() => {
        told++
        read.push(applications.findKey('p1'))
      })
      await applications.revokeKey('p1', at(10))
      await until(() => told > 0)
      expect((await read.at(-1))?.revokedAt).toBe(at(10))
      stop()
      const before = told
      await applications.revokeKey('p2', at(11))
      expect(told).toBe(before)
    }),
  )
}
