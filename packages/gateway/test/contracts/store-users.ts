import { expect } from 'vitest'
import { at, NOON } from '../../src/domain/session.fixture.js'
import type { UserId } from '../../src/domain/user.js'
import { type User, UserTaken } from '../../src/ports/store/users.js'
import type { ContractTest } from '../support/contract.js'
import type { WithStore } from './store-context.js'

const user = (id: string, more: Partial<User> = {}): User => ({
  id: id as UserId,
  name: `Name of ${id}`,
  role: 'viewer',
  createdAt: NOON,
  ...more,
})

const ANN = user('u1', { name: 'Ann', role: 'admin', passwordHash: 'hash of a password' })
const BEN = user('u2', { name: 'ben', subject: 'https://id.example 42' })

export function describeUsers(test: ContractTest, withStore: WithStore): void {
  test(
    'keeps users, finds them by id, name and subject, and lists them by name',
    withStore(async ({ store, reopen }) => {
      await store.users.add(BEN)
      await store.users.add(ANN)
      const { users } = await reopen()
      expect(await users.find(ANN.id)).toEqual(ANN)
      expect(await users.findByName('aNN')).toEqual(ANN)
      expect(await users.findBySubject('https://id.example 42')).toEqual(BEN)
      expect(await users.find('nobody' as UserId)).toBeUndefined()
      expect(await users.findByName('nobody')).toBeUndefined()
      expect(await users.findBySubject('https://id.example 4')).toBeUndefined()
      expect(await users.list(undefined, 1_000)).toEqual([ANN, BEN])
    }),
  )

  test(
    'lists users page by page, by name whatever its case ["a list without a bound"]',
    withStore(async ({ store: { users } }) => {
      const named = ['Carl', 'dora', 'ann', 'Ben'].map((name) => user(`u-${name}`, { name }))
      for (const one of named) await users.add(one)
      const names = async (after: string | undefined) => (await users.list(after, 2)).map(({ name }) => name)
      expect(await names(undefined)).toEqual(['ann', 'Ben'])
      expect(await names('Ben')).toEqual(['Carl', 'dora'])
      expect(await names('BLA')).toEqual(['Carl', 'dora'])
      expect(await names('dora')).toEqual([])
    }),
  )

  test(
    'does not take one name, whatever its case, or one subject, twice',
    withStore(async ({ store: { users } }) => {
      await users.add(ANN)
      await users.add(BEN)
      await expect(users.add(user('u3', { name: 'ANN' }))).rejects.toThrow(UserTaken)
      await expect(users.add(user('u4', { subject: 'https://id.example 42' }))).rejects.toThrow(UserTaken)
      expect(await users.list(undefined, 1_000)).toEqual([ANN, BEN])
    }),
  )

  test(
    'changes what it is told of a user and nothing else, and deletes a user with all their sign-ins',
    withStore(async ({ store: { users } }) => {
      await users.add(ANN)
      await users.add(BEN)
      expect(await users.update(ANN.id, { role: 'operator' })).toBe(true)
      expect(await users.update(ANN.id, { lastSignInAt: at(5) })).toBe(true)
      expect(await users.update('nobody' as UserId, { role: 'admin' })).toBe(false)
      expect(await users.find(ANN.id)).toEqual({ ...ANN, role: 'operator', lastSignInAt: at(5) })
      await users.signIn({ hash: 'h1', user: ANN.id, createdAt: NOON, expiresAt: at(60) })
      expect(await users.delete(ANN.id)).toBe(true)
      expect(await users.delete(ANN.id)).toBe(false)
      expect(await users.findSignIn('h1')).toBeUndefined()
      expect(await users.list(undefined, 1_000)).toEqual([BEN])
    }),
  )

  test(
    'takes an invitation once, and lets it be when the user cannot be added',
    withStore(async ({ store: { users } }) => {
      const invitation = { hash: 'h', role: 'operator', createdAt: NOON, expiresAt: at(60) } as const
      await users.add(ANN)
      await users.invite(invitation)
      await expect(users.accept('h', user('u3', { name: 'ann' }))).rejects.toThrow(UserTaken)
      expect(await users.findInvitation('h')).toEqual(invitation)
      const accepted = await Promise.all([users.accept('h', BEN), users.accept('h', user('u3'))])
      expect(accepted.sort()).toEqual([false, true])
      expect(await users.findInvitation('h')).toBeUndefined()
      expect(await users.list(undefined, 1_000)).toHaveLength(2)
    }),
  )

  test(
    'forgets what has expired when there is something new: invitations and sign-ins',
    withStore(async ({ store: { users } }) => {
      await users.add(ANN)
      await users.invite({ hash: 'old', role: 'viewer', createdAt: NOON, expiresAt: at(60) })
      await users.invite({ hash: 'new', role: 'viewer', createdAt: at(60), expiresAt: at(120) })
      expect(await users.findInvitation('old')).toBeUndefined()
      expect(await users.findInvitation('new')).toBeDefined()
      await users.signIn({ hash: 'old', user: ANN.id, createdAt: NOON, expiresAt: at(60) })
      await users.signIn({ hash: 'new', user: ANN.id, createdAt: at(60), expiresAt: at(120) })
      expect(await users.findSignIn('old')).toBeUndefined()
      expect(await users.findSignIn('new')).toBeDefined()
    }),
  )

  test(
    'finds the user of a sign-in as they are now, until they sign out, there or everywhere',
    withStore(async ({ store, reopen }) => {
      await store.users.add(ANN)
      const signIn = (hash: string) => ({ hash, user: ANN.id, createdAt: NOON, expiresAt: at(60) })
      for (const hash of ['a', 'b', 'c', 'd']) await store.users.signIn(signIn(hash))
      await store.users.update(ANN.id, { role: 'viewer' })
      const { users } = await reopen()
      expect(await users.findSignIn('a')).toEqual({ signIn: signIn('a'), user: { ...ANN, role: 'viewer' } })
      await users.signOut('a')
      expect(await users.findSignIn('a')).toBeUndefined()
      await users.signOutAll(ANN.id, 'c')
      expect(await users.findSignIn('b')).toBeUndefined()
      expect(await users.findSignIn('c')).toBeDefined()
      await users.signOutAll(ANN.id)
      expect(await users.findSignIn('c')).toBeUndefined()
    }),
  )

  test(
    'keeps what was done, newest first, in pages',
    withStore(async ({ store, reopen }) => {
      const done = { at: NOON, actor: 'Ann', action: 'revokeApplicationKey', target: 'abc' }
      await store.audit.append(done)
      await store.audit.append({ at: at(1), actor: 'Ben', action: 'putDevice', refused: 'PERMISSION_DENIED' })
      await store.audit.append({ at: at(2), actor: 'Ann', action: 'rotateKeyring' })
      const { audit } = await reopen()
      const all = await audit.list(undefined, 10)
      expect(all.map(({ action }) => action)).toEqual(['rotateKeyring', 'putDevice', 'revokeApplicationKey'])
      expect(all[2]).toEqual({ ...done, id: all[2]?.id })
      expect(all[1]).toMatchObject({ refused: 'PERMISSION_DENIED' })
      expect(await audit.list(all[0]?.id, 1)).toEqual([all[1]])
    }),
  )
}
