import { expect } from 'vitest'
import { at, NOON } from '../../src/domain/session.fixture.js'
import type { GrantRecord } from '../../src/ports/store/grants.js'
import type { Ciphertext } from '../../src/ports/store/secrets.js'
import type { ContractTest } from '../support/contract.js'
import { secretsAtRest } from '../support/sessions.js'
import { until } from '../support/waiting.js'
import type { WithStore } from './store-context.js'

const grant = (id: string, more: Partial<GrantRecord> = {}): GrantRecord => ({
  id,
  body: `k1.body of ${id}` as Ciphertext,
  ...more,
})

export function describeGrants(test: ContractTest, withStore: WithStore): void {
  test(
    'keeps a grant with all that was said of it, replaces it whole, and forgets it',
    withStore(async ({ store: { grants }, reopen }) => {
      const full = grant('g1', { group: 'one', expiresAt: at(60) })
      await grants.put(full)
      await grants.put(grant('g2', { group: 'two' }))
      await grants.put(grant('g2', { body: 'k1.another' as Ciphertext }))
      const again = (await reopen()).grants
      expect(await again.find('g1', NOON)).toEqual(full)
      expect(await again.find('g2', NOON)).toEqual(grant('g2', { body: 'k1.another' as Ciphertext }))
      await again.deleteGroup('two')
      expect(await again.find('g2', NOON)).toBeDefined()
      await again.delete('g2')
      await again.delete('g2')
      expect(await again.find('g2', NOON)).toBeUndefined()
      expect(await again.find('g1', NOON)).toEqual(full)
    }),
  )

  test(
    'does not find a grant from the moment on at which it expires',
    withStore(async ({ store: { grants } }) => {
      await grants.put(grant('g1', { expiresAt: at(60) }))
      expect(await grants.find('g1', at(59.999))).toBeDefined()
      expect(await grants.find('g1', at(60))).toBeUndefined()
    }),
  )

  test(
    'adds a grant once, however many try at the same time',
    withStore(async ({ store: { grants } }) => {
      const tries = Array.from({ length: 8 }, (_, index) => grant('g1', { body: `k1.${index}` as Ciphertext }))
      const added = await Promise.all(tries.map((each) => grants.add(each)))
      expect(added.filter((was) => was)).toHaveLength(1)
      expect(await grants.find('g1', NOON)).toEqual(tries[added.indexOf(true)])
      expect(await grants.add(grant('g2'))).toBe(true)
    }),
  )

  test(
    'deletes a group whole, and nothing else',
    withStore(async ({ store: { grants } }) => {
      for (const each of [grant('g1', { group: 'one' }), grant('g2', { group: 'one' }), grant('g3', { group: 'two' })])
        await grants.put(each)
      await grants.put(grant('g4'))
      await grants.deleteGroup('one')
      const left = await Promise.all(['g1', 'g2', 'g3', 'g4'].map((id) => grants.find(id, NOON)))
      expect(left.map((found) => found?.id)).toEqual([undefined, undefined, 'g3', 'g4'])
    }),
  )

  test(
    'tells who watches that a group was deleted, be it empty, no earlier than it can be seen, until they stop',
    withStore(async ({ store: { grants } }) => {
      await grants.put(grant('g1', { group: 'one' }))
      let told = 0
      const seen: Promise<GrantRecord | undefined>[] = []
      const stop = grants.watch(() => {
        told++
        seen.push(grants.find('g1', NOON))
      })
      await grants.deleteGroup('one')
      await until(() => told === 1)
      expect(await seen[0]).toBeUndefined()
      await grants.deleteGroup('nobody')
      await until(() => told === 2)
      stop()
      await grants.deleteGroup('one')
      expect(told).toBe(2)
    }),
  )

  test(
    'forgets grants that have expired in real time when it tidies up, and counts the others among the secrets at rest',
    withStore(async ({ store, realNow, passRealTime }) => {
      const expiresAt = (seconds: number) => (realNow() + seconds * 1000) as GrantRecord['expiresAt'] & number
      await store.grants.put(grant('g1', { expiresAt: expiresAt(60) }))
      await store.grants.put(grant('g2', { expiresAt: expiresAt(61) }))
      await store.grants.put(grant('g3'))
      expect(await secretsAtRest(store)).toBe(3)
      passRealTime(60_000)
      await store.tidy(at(0), expiresAt(0), 0)
      expect(await secretsAtRest(store)).toBe(2)
      expect(await store.grants.find('g1', NOON)).toBeUndefined()
    }),
  )
}
