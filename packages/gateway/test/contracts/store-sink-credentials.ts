import { type ApplicationId, instant } from '@rightofway/camara'
import { expect } from 'vitest'
import { NOON } from '../../src/domain/session.fixture.js'
import type { Ciphertext } from '../../src/ports/store/secrets.js'
import type { SigningSecret } from '../../src/ports/store/sink-credentials.js'
import type { Store } from '../../src/ports/store/store.js'
import type { ContractTest } from '../support/contract.js'
import { secretsAtRest } from '../support/sessions.js'
import type { WithStore } from './store-context.js'

const APP = 'app-a' as ApplicationId
const OTHER = 'app-b' as ApplicationId
const CLIENT = { clientId: 'gateway', tokenUri: 'https://as.example/token' } as const

const withApplications = async ({ applications }: Store) => {
  for (const id of [APP, OTHER]) await applications.create({ id, name: id, createdAt: NOON })
}

const secret = (id: string, createdAt: number, application = APP): SigningSecret => ({
  id,
  application,
  secret: `k1.${id}` as Ciphertext,
  createdAt: instant(createdAt),
})

export function describeSinkCredentials(test: ContractTest, withStore: WithStore): void {
  test(
    'keeps what was agreed on with an application, replaces it, and forgets it',
    withStore(async ({ store, reopen }) => {
      await withApplications(store)
      expect(await store.sinkCredentials.tokenClient(APP)).toBeUndefined()
      await store.sinkCredentials.setTokenClient(APP, { ...CLIENT, audience: 'https://as.example', scope: 'events' })
      await store.sinkCredentials.setTokenClient(OTHER, CLIENT)
      const again = await reopen()
      expect(await again.sinkCredentials.tokenClient(APP)).toEqual({
        ...CLIENT,
        audience: 'https://as.example',
        scope: 'events',
      })
      await again.sinkCredentials.setTokenClient(APP, CLIENT)
      expect(await again.sinkCredentials.tokenClient(APP)).toEqual(CLIENT)
      await again.sinkCredentials.setTokenClient(APP, undefined)
      expect(await again.sinkCredentials.tokenClient(APP)).toBeUndefined()
      expect(await again.sinkCredentials.tokenClient(OTHER)).toEqual(CLIENT)
    }),
  )

  test(
    'takes ten signing secrets of an application and no more, until one is deleted ["a list without a bound"]',
    withStore(async ({ store }) => {
      await withApplications(store)
      const ten = Array.from({ length: 10 }, (_, n) => secret(`s${n}`, n))
      for (const one of ten) expect(await store.sinkCredentials.addSigningSecret(one)).toBe(true)
      expect(await store.sinkCredentials.addSigningSecret(secret('more', 11))).toBe(false)
      expect(await store.sinkCredentials.addSigningSecret(secret('o', 3, OTHER))).toBe(true)
      expect(await store.sinkCredentials.signingSecrets(APP)).toEqual(ten)
      await store.sinkCredentials.deleteSigningSecret(APP, 's4')
      expect(await store.sinkCredentials.addSigningSecret(secret('more', 11))).toBe(true)
    }),
  )

  test(
    'keeps the signing secrets of an application, oldest first, until they are deleted',
    withStore(async ({ store }) => {
      await withApplications(store)
      const [older, newer, others] = [secret('z', 1), secret('a', 2), secret('o', 3, OTHER)]
      for (const each of [newer, others, older]) await store.sinkCredentials.addSigningSecret(each)
      expect(await store.sinkCredentials.signingSecrets(APP)).toEqual([older, newer])
      expect(await store.sinkCredentials.deleteSigningSecret(OTHER, older.id)).toBe(false)
      expect(await store.sinkCredentials.deleteSigningSecret(APP, older.id)).toBe(true)
      expect(await store.sinkCredentials.deleteSigningSecret(APP, older.id)).toBe(false)
      expect(await store.sinkCredentials.signingSecrets(APP)).toEqual([newer])
      expect(await store.sinkCredentials.signingSecrets(OTHER)).toEqual([others])
    }),
  )

  test(
    'counts signing secrets and assertion keys among the secrets at rest',
    withStore(async ({ store }) => {
      await withApplications(store)
      await store.sinkCredentials.addSigningSecret(secret('a', 1))
      await store.sinkCredentials.addSigningSecret(secret('b', 2, OTHER))
      await store.settings.set('assertion-keys', 'k1.keys')
      expect(await secretsAtRest(store)).toBe(3)
    }),
  )

  test(
    'tells whoever watches of every change, until nobody watches',
    withStore(async ({ store }) => {
      await withApplications(store)
      let changes = 0
      const stop = store.sinkCredentials.watch(() => changes++)
      const heard = async (run: () => Promise<unknown>) => {
        const before = changes
        await run()
        while (changes === before) await new Promise(setImmediate)
      }
      await heard(() => store.sinkCredentials.setTokenClient(APP, CLIENT))
      await heard(() => store.sinkCredentials.addSigningSecret(secret('a', 1)))
      await heard(() => store.sinkCredentials.deleteSigningSecret(APP, 'a'))
      stop()
      const before = changes
      await store.sinkCredentials.setTokenClient(APP, undefined)
      await new Promise(setImmediate)
      expect(changes).toBe(before)
    }),
  )
}
