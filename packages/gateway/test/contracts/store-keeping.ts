// Profiles, settings, secrets; what is kept when a store is opened again, and what is forgotten in time.

import { type ApplicationId, type DeviceId, instant, type QosProfile } from '@rightofway/camara'
import { expect } from 'vitest'
import { at, NOON, TERMS } from '../../src/domain/session.fixture.js'
import type { Author } from '../../src/ports/store/audit.js'
import type { Ciphertext } from '../../src/ports/store/secrets.js'
import type { Stored } from '../../src/ports/store/sessions.js'
import type { ContractTest } from '../support/contract.js'
import { accessToken, attempt, claim, LEASE_MS, SINK } from '../support/deliveries.js'
import { create, createGranted, forget, happen, secretsAtRest } from '../support/sessions.js'
import type { WithStore } from './store-context.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const HISTORY_MS = 7 * DAY_MS

const profile = (name: string, more: Partial<QosProfile> = {}): QosProfile => ({ name, status: 'ACTIVE', ...more })

const AUTHOR: Author = { by: 'ops', at: NOON }

export function describeKeeping(test: ContractTest, withStore: WithStore): void {
  test(
    'records changes of profiles and limits with the change, newest first, and who made them',
    withStore(async ({ store: { profiles, applications, changes } }) => {
      const [before, after] = [profile('QOS_L'), profile('QOS_L', { status: 'INACTIVE' })]
      await profiles.put(before, AUTHOR)
      await profiles.put(after, { by: 'somebody', at: at(1) })
      await profiles.delete('QOS_L', AUTHOR)
      await profiles.delete('QOS_L', AUTHOR)
      const application = { id: 'app-1' as ApplicationId, name: 'one', createdAt: NOON }
      await applications.create(application)
      expect(await applications.setLimits(application.id, { sessions: 1 }, AUTHOR)).toBe(true)
      expect(await applications.find(application.id)).toEqual({ ...application, limits: { sessions: 1 } })
      expect(await applications.setLimits('app-2' as ApplicationId, undefined, AUTHOR)).toBe(false)
      expect(await changes.list({ limit: 10 })).toEqual([
        { number: 4, ...AUTHOR, of: 'limits', name: 'app-1', after: { sessions: 1 } },
        { number: 3, ...AUTHOR, of: 'profile', name: 'QOS_L', before: after },
        { number: 2, by: 'somebody', at: at(1), of: 'profile', name: 'QOS_L', before, after },
        { number: 1, ...AUTHOR, of: 'profile', name: 'QOS_L', after: before },
      ])
      expect(await changes.list({ of: 'profile', name: 'QOS_L', before: 3, limit: 1 })).toMatchObject([{ number: 2 }])
    }),
  )

  // --- profiles and settings ---

  test(
    'keeps profiles by name',
    withStore(async ({ store: { profiles }, reopen }) => {
      expect(await profiles.list(undefined, 1_000)).toEqual([])
      const large = profile('QOS_L', { targetMinDownstreamRate: { value: 20, unit: 'Mbps' } })
      await profiles.put(profile('QOS_S'), AUTHOR)
      await profiles.put(large, AUTHOR)
      await profiles.put(profile('QOS_E'), AUTHOR)
      expect(await profiles.find('QOS_L')).toEqual(large)
      expect(await profiles.find('qos_l')).toBeUndefined()
      expect((await profiles.list(undefined, 1_000)).map(({ name }) => name)).toEqual(['QOS_E', 'QOS_L', 'QOS_S'])
      expect((await profiles.list(undefined, 2)).map(({ name }) => name)).toEqual(['QOS_E', 'QOS_L'])
      expect((await profiles.list('QOS_L', 2)).map(({ name }) => name)).toEqual(['QOS_S'])
      expect(await profiles.list('QOS_S', 2)).toEqual([])
      await profiles.put(profile('QOS_L', { status: 'DEPRECATED' }), AUTHOR)
      expect(await profiles.delete('QOS_E', AUTHOR)).toBe(true)
      expect(await profiles.delete('QOS_E', AUTHOR)).toBe(false)
      const again = await reopen()
      expect(await again.profiles.list(undefined, 1_000)).toEqual([
        profile('QOS_L', { status: 'DEPRECATED' }),
        profile('QOS_S'),
      ])
    }),
  )

  test(
    'keeps settings by name',
    withStore(async ({ store: { settings }, reopen }) => {
      expect(await settings.get('a')).toBeUndefined()
      await settings.set('a', '1')
      await settings.set('b', '')
      await settings.set('a', '2')
      const again = await reopen()
      expect(await again.settings.get('a')).toBe('2')
      expect(await again.settings.get('b')).toBe('')
    }),
  )

  test(
    'sets a setting once, whoever is first',
    withStore(async ({ store: { settings } }) => {
      const added = await Promise.all(['1', '2', '3'].map((value) => settings.add('a', value)))
      expect(added.filter((first) => first)).toHaveLength(1)
      expect(await settings.get('a')).toBe(String(added.indexOf(true) + 1))
      expect(await settings.add('a', '4')).toBe(false)
    }),
  )

  // --- opening again ---

  test(
    'opens with all it was given: sessions, versions, timers, tasks, flows, idempotency records',
    withStore(async ({ store, reopen, passRealTime }) => {
      const flow = { ...TERMS.flow, device: { ...TERMS.flow.device } }
      const requested = await create(store.sessions, { flow }, { idempotency: { key: 'k', body: 'b' } })
      const granted = await createGranted(store.sessions)
      const ended = await happen(store.sessions, granted, { type: 'lost' }, at(10))
      passRealTime(LEASE_MS)
      const { sessions, work } = await reopen()
      expect(await sessions.find(requested.session.id)).toEqual(requested)
      expect(await sessions.find(ended.session.id)).toEqual(ended)
      expect(await sessions.findCreated('k')).toEqual({ session: requested.session.id, body: 'b' })
      expect(await work.nextTimer(instant(0))).toBe(requested.session.setUpBy)
      expect(await work.claimTasks(TERMS.network, 10, LEASE_MS)).toEqual([
        { session: requested.session, version: requested.version, do: 'reserve' },
        { session: ended.session, version: ended.version, do: 'release' },
      ])
      await expect(create(sessions, { flow })).rejects.toThrow('another session covers this flow')
      const later = await happen(sessions, requested, { type: 'granted', at: NOON }, NOON)
      expect(later.version).toBe(2)
    }),
  )

  test(
    'refuses all calls once it is closed ["errors swallowed into an empty list"]',
    withStore(async ({ store }) => {
      const { session } = await createGranted(store.sessions)
      await store.close()
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.sessions.list({ limit: 1 }),
        () => store.sessions.ofDevice(session.device, session.owner, 1),
        () => store.events.ofSession(session.id, 0),
        () => store.work.claimTimers(at(9999), 1, LEASE_MS),
        () => store.devices.list(undefined, 1),
        () => store.applications.list(undefined, 1_000),
        () => store.settings.set('a', '1'),
        () => create(store.sessions),
      ]
      for (const call of calls) await expect(call(), call.toString()).rejects.toThrow()
      await expect(store.ping()).rejects.toMatchObject({ name: 'StoreUnavailable' })
    }),
  )

  test(
    'says that it can be written',
    withStore(async ({ store }) => {
      await expect(store.ping()).resolves.toBeUndefined()
    }),
  )

  // --- forgetting in time ---

  test(
    'keeps an idempotency record for 24 h of real time, and at least as long as its session [contract section 0]',
    withStore(async ({ store, passRealTime, realNow }) => {
      const tidy = () => store.tidy(NOON, instant(realNow()), HISTORY_MS)
      const short = await createGranted(store.sessions, {}, { idempotency: { key: 'short', body: 'b' } })
      await createGranted(store.sessions, {}, { idempotency: { key: 'long', body: 'b' } })
      await forget(store.sessions, short)
      passRealTime(DAY_MS - 1)
      await tidy()
      expect(await store.sessions.findCreated('short')).toBeDefined()
      passRealTime(1)
      await createGranted(store.sessions, {}, { idempotency: { key: 'young', body: 'b' } })
      await tidy()
      expect(await store.sessions.findCreated('short')).toBeUndefined()
      expect(await store.sessions.findCreated('long')).toBeDefined()
      expect(await store.sessions.findCreated('young')).toBeDefined()
    }),
  )

  test(
    'keeps the events of past sessions for the length of the history, and those that wait longer',
    withStore(async ({ store, realNow }) => {
      const tidyAt = (ms: number) => store.tidy(instant(NOON + ms), instant(realNow()), HISTORY_MS)
      const count = async ({ session }: Stored) => (await store.events.ofSession(session.id, 0)).length
      const silent = await createGranted(store.sessions)
      const waiting = await createGranted(store.sessions, {}, { sink: SINK })
      const younger = await happen(store.sessions, await create(store.sessions), GRANTED_A_MINUTE_LATER, at(60))
      await forget(store.sessions, silent)
      await tidyAt(HISTORY_MS - 1)
      expect(await count(silent)).toBe(2)
      await tidyAt(HISTORY_MS)
      expect(await count(silent)).toBe(1)
      expect(await count(younger)).toBe(1)
      await tidyAt(HISTORY_MS + 60_000)
      expect(await count(silent)).toBe(0)
      expect(await count(younger)).toBe(0)
      expect(await count(waiting)).toBe(1)
      expect(await claim(store, NOON)).toHaveLength(1)
    }),
  )

  test(
    'forgets dead letters, and what was needed to deliver them, with the history',
    withStore(async ({ store, realNow }) => {
      const stored = await createGranted(store.sessions, {}, { sink: SINK })
      await forget(store.sessions, stored)
      await attempt(store, at(100), { result: 'dead', reason: 'gave up' })
      await attempt(store, at(100), { result: 'delivered' })
      await store.tidy(instant(NOON + HISTORY_MS - 1), instant(realNow()), HISTORY_MS)
      expect(await store.events.deadLetters(10)).toHaveLength(1)
      expect(await secretsAtRest(store)).toBe(1)
      await store.tidy(instant(NOON + HISTORY_MS + HOUR_MS), instant(realNow()), HISTORY_MS)
      expect(await store.events.deadLetters(10)).toEqual([])
      expect(await store.events.redeliver('dead-letters', at(0))).toBe(0)
      expect(await secretsAtRest(store)).toBe(0)
    }),
  )

  test(
    'keeps the credential of a session that has not ended, though a dead letter of it is forgotten',
    withStore(async ({ store, realNow }) => {
      const stored = await createGranted(store.sessions, {}, { sink: SINK })
      await attempt(store, NOON, { result: 'dead', reason: 'gave up' })
      await store.tidy(instant(NOON + HISTORY_MS), instant(realNow()), HISTORY_MS)
      expect(await store.events.deadLetters(10)).toEqual([])
      await happen(store.sessions, stored, { type: 'lost' }, at(60))
      expect((await claim(store, at(60))).map(({ sink }) => sink)).toEqual([SINK])
    }),
  )

  test(
    'forgets much at one time',
    withStore(async ({ store, realNow }) => {
      const all = await Promise.all(
        Array.from({ length: 1_200 }, async (_, index) => {
          const device = `device-${index}` as DeviceId
          const idempotency = { key: `key-${index}`, body: 'b' }
          const stored = await createGranted(store.sessions, { device }, { idempotency })
          await forget(store.sessions, stored)
          return { id: stored.session.id, key: idempotency.key }
        }),
      )
      await store.tidy(instant(at(61) + HISTORY_MS), instant(realNow() + DAY_MS), HISTORY_MS)
      for (const { id, key } of all) {
        expect(await store.events.ofSession(id, 0)).toEqual([])
        expect(await store.sessions.findCreated(key)).toBeUndefined()
      }
    }),
  )

  test(
    'forgets, of what was done, all that is older than it is told, and nothing else',
    withStore(async ({ store, reopen }) => {
      const append = (ms: number) => store.audit.append({ at: instant(NOON + ms), actor: 'Ann', action: `at ${ms}` })
      await Promise.all(Array.from({ length: 1_200 }, (_, index) => append(-index)))
      await append(1)
      await append(2)
      await store.audit.forget(NOON)
      const { audit } = await reopen()
      const left = await audit.list(undefined, 10)
      expect(left.map(({ action }) => action)).toEqual(['at 2', 'at 1'])
      // No id is given twice: pages of the log go by them.
      await audit.forget(at(60))
      await audit.append({ at: at(61), actor: 'Ann', action: 'later' })
      expect((await audit.list(undefined, 10))[0]?.id).toBeGreaterThan(left[0]?.id ?? 0)
    }),
  )

  // --- secrets ---

  test(
    'rewrites every secret at rest that does not begin as wanted, however many, and nothing else',
    withStore(async ({ store, reopen }) => {
      const stored = await Promise.all(
        Array.from({ length: 1_200 }, (_, index) => {
          const device = `device-${index}` as DeviceId
          const credential = accessToken(`${index === 0 ? 'k2' : 'k1'}.secret-${index}`)
          return create(store.sessions, { device }, { sink: { ...SINK, credential } })
        }),
      )
      await store.settings.set('pseudonym-secret', 'k1.pseudonyms')
      await store.settings.set('other', 'k1.not-a-secret')
      const seen: string[] = []
      const count = await store.rewriteSecrets('k2.', (old) => {
        seen.push(old)
        return old.replace('k1.', 'k2.') as Ciphertext
      })
      expect(count).toBe(1_200)
      expect(seen).not.toContain('k2.secret-0')
      expect(new Set(seen).size).toBe(1_200)
      const again = await reopen()
      expect(await again.settings.get('pseudonym-secret')).toBe('k2.pseudonyms')
      expect(await again.settings.get('other')).toBe('k1.not-a-secret')
      await happen(again.sessions, stored[1_199] as Stored, { type: 'granted', at: NOON }, NOON)
      const [delivery] = await claim(again, NOON)
      expect(delivery?.sink.credential).toEqual(accessToken('k2.secret-1199'))
      expect(await secretsAtRest(again)).toBe(1_201)
    }),
  )

  test(
    'keeps a secret as it was when it cannot be rewritten',
    withStore(async ({ store }) => {
      await create(store.sessions, {}, { sink: SINK })
      const failed = store.rewriteSecrets('k2.', () => {
        throw new Error('the key is missing')
      })
      await expect(failed).rejects.toThrow('the key is missing')
      expect(await store.rewriteSecrets('k2.', (old) => old.replace('k1.', 'k2.') as Ciphertext)).toBe(1)
    }),
  )
}

const GRANTED_A_MINUTE_LATER = { type: 'granted', at: at(60) } as const
