import { type ApplicationId, type Instant, instant } from '@rightofway/camara'
import { expect } from 'vitest'
import { at, NOON, TERMS } from '../domain/session.fixture.js'
import type { ContractTest } from '../testing/contract.js'
import { create, createGranted, forget, happen, secretsAtRest } from '../testing/sessions.js'
import type { WithStore } from './store.contract.js'
import type { Ciphertext, Delivery, DeliveryOutcome, Sink, Store, Stored } from './store.js'

const LEASE_MS = 30_000
const BEGINNING = instant(0)
const SINK: Sink = { url: 'https://sink.example/events', credential: 'k1.secret' as Ciphertext, correlator: 'corr-1' }

const DELIVERED = { result: 'delivered' } as const
const DEAD = { result: 'dead', reason: 'gave up' } as const
const STOPPED = { result: 'stopped', reason: 'the sink answered 410' } as const
const retryAt = (at: Instant): DeliveryOutcome => ({ result: 'retry', at, reason: 'the sink answered 503' })

/** A session with a sink that was granted at noon, and so has told of it. */
const granted = (store: Store, sink: Sink = SINK): Promise<Stored> => createGranted(store.sessions, {}, { sink })

/** The one session with a sink ends after a minute. */
const end = (store: Store, stored: Stored): Promise<Stored> => happen(store.sessions, stored, { type: 'lost' }, at(60))

const claim = ({ events }: Store, now: Instant, limit = 10): Promise<readonly Delivery[]> =>
  events.claimDeliveries(now, limit, LEASE_MS)

/** Claims the only delivery that is due, and settles it. */
async function attempt(store: Store, now: Instant, outcome: DeliveryOutcome): Promise<Delivery> {
  const [delivery, ...more] = await claim(store, now)
  if (delivery === undefined || more.length > 0) throw new Error(`${more.length} more deliveries are due than one`)
  await store.events.settleDelivery(delivery, outcome, now)
  return delivery
}

const ordinals = (deliveries: readonly { event: { ordinal: number } }[]) => deliveries.map(({ event }) => event.ordinal)

export function describeEvents(test: ContractTest, withStore: WithStore): void {
  // --- what happened ---

  test(
    'keeps the events of a session in order, numbered from 1, whether or not it has a sink',
    withStore(async ({ store }) => {
      const stored = await createGranted(store.sessions)
      const { id, owner } = stored.session
      await happen(store.sessions, stored, { type: 'timer', letGo: false }, at(3601))
      const events = [
        { session: id, owner, ordinal: 1, at: NOON, report: { status: 'AVAILABLE' } },
        {
          session: id,
          owner,
          ordinal: 2,
          at: at(3600),
          report: { status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
        },
      ]
      expect(await store.events.ofSession(id, 0)).toEqual(events)
      expect(await store.events.ofSession(id, 1)).toEqual(events.slice(1))
      expect(await store.events.ofSession(id, 2)).toEqual([])
      expect(await claim(store, at(9999))).toEqual([])
    }),
  )

  test(
    'keeps the events of a session that is forgotten',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      await forget(store.sessions, stored)
      const statuses = (await store.events.ofSession(stored.session.id, 0)).map(({ report }) => report.status)
      expect(statuses).toEqual(['AVAILABLE', 'UNAVAILABLE'])
    }),
  )

  // --- deliveries ---

  test(
    'gives a due delivery with its event and its sink, as they were committed',
    withStore(async ({ store }) => {
      const { session } = await granted(store)
      expect(await store.events.nextAttempt(BEGINNING)).toBe(NOON)
      expect(await claim(store, instant(NOON - 1))).toEqual([])
      const [delivery] = await claim(store, NOON)
      expect(delivery).toEqual({
        event: { session: session.id, owner: TERMS.owner, ordinal: 1, at: NOON, report: { status: 'AVAILABLE' } },
        sink: SINK,
        attempts: 0,
        since: NOON,
      })
      const plain = await granted(store, { url: 'https://plain.example/' })
      const [second] = await claim(store, NOON)
      expect(second).toMatchObject({ event: { session: plain.session.id }, sink: { url: 'https://plain.example/' } })
      expect(Object.keys(second?.sink ?? {})).toEqual(['url'])
    }),
  )

  test(
    'gives at most one event of a session, its earliest, and the next one when that is told',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      await end(store, stored)
      const first = await claim(store, at(3600))
      expect(ordinals(first)).toEqual([1])
      expect(await claim(store, at(3600))).toEqual([])
      await store.events.settleDelivery(first[0] as Delivery, DELIVERED, at(70))
      expect(await store.events.nextAttempt(BEGINNING)).toBe(at(70))
      const second = await attempt(store, at(70), DELIVERED)
      expect(second).toMatchObject({ event: { ordinal: 2, at: at(60) }, attempts: 0, since: at(60) })
      expect(await claim(store, at(9999))).toEqual([])
      expect(await store.events.nextAttempt(BEGINNING)).toBeUndefined()
    }),
  )

  test(
    'gives the sessions whose delivery is due first, at most so many',
    withStore(async ({ store }) => {
      const third = await happen(store.sessions, await create(store.sessions, {}, { sink: SINK }), GRANTED_AT_2, at(2))
      const first = await granted(store)
      const second = await happen(store.sessions, await create(store.sessions, {}, { sink: SINK }), GRANTED_AT_1, at(1))
      const claimed = [...(await claim(store, at(2), 2)), ...(await claim(store, at(2), 2))]
      const ids = [first, second, third].map(({ session }) => session.id)
      expect(claimed.map(({ event }) => event.session)).toEqual(ids)
    }),
  )

  test(
    'gives a delivery to one claimer, and gives it again once the lease has run out',
    withStore(async ({ store, passRealTime }) => {
      await granted(store)
      const claims = await Promise.all([1, 2, 3].map(() => claim(store, NOON)))
      expect(claims.flat()).toHaveLength(1)
      passRealTime(LEASE_MS - 1)
      expect(await claim(store, NOON)).toEqual([])
      passRealTime(1)
      expect(await claim(store, NOON)).toHaveLength(1)
    }),
  )

  test(
    'gives a delivery again when it should be retried, no earlier, and counts the attempts',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      await end(store, stored)
      await attempt(store, at(60), retryAt(at(61)))
      expect(await store.events.nextAttempt(at(60))).toBe(at(61))
      expect(await claim(store, instant(at(61) - 1))).toEqual([])
      const again = await attempt(store, at(61), retryAt(at(66)))
      expect(again).toMatchObject({ event: { ordinal: 1 }, attempts: 1, since: NOON })
      expect(await attempt(store, at(66), DELIVERED)).toMatchObject({ event: { ordinal: 1 }, attempts: 2 })
      expect(await attempt(store, at(66), DELIVERED)).toMatchObject({ event: { ordinal: 2 }, attempts: 0 })
    }),
  )

  test(
    'says when the next attempt is due that lies later, whatever is under way',
    withStore(async ({ store }) => {
      await granted(store)
      await attempt(store, NOON, retryAt(at(30)))
      await granted(store)
      await attempt(store, NOON, retryAt(at(10)))
      await granted(store)
      await claim(store, NOON)
      expect(await store.events.nextAttempt(NOON)).toBe(at(10))
      expect(await store.events.nextAttempt(at(10))).toBe(at(30))
      expect(await store.events.nextAttempt(at(30))).toBeUndefined()
    }),
  )

  test(
    'takes no outcome of an attempt whose claim has passed to another that has told its own',
    withStore(async ({ store, passRealTime }) => {
      const { session } = await granted(store)
      const [slow] = await claim(store, NOON)
      passRealTime(LEASE_MS)
      await attempt(store, at(1), DELIVERED)
      await store.events.settleDelivery(slow as Delivery, retryAt(at(2)), at(2))
      expect(await store.events.nextAttempt(BEGINNING)).toBeUndefined()
      expect(await claim(store, at(9999))).toEqual([])
      await store.events.settleDelivery(slow as Delivery, DEAD, at(3))
      expect(await store.events.deadLetters(10)).toEqual([])
      expect(await store.events.ofSession(session.id, 0)).toHaveLength(1)
    }),
  )

  test(
    'still delivers the events of a session that is forgotten',
    withStore(async ({ store }) => {
      await forget(store.sessions, await granted(store))
      expect(ordinals([await attempt(store, at(70), DELIVERED)])).toEqual([1])
      expect(await attempt(store, at(70), DELIVERED)).toMatchObject({ event: { ordinal: 2 }, sink: SINK })
    }),
  )

  test(
    'keeps deliveries, retries and dead letters when it is opened again',
    withStore(async ({ store, reopen, passRealTime }) => {
      await granted(store)
      await attempt(store, NOON, retryAt(at(5)))
      await granted(store)
      await attempt(store, NOON, DEAD)
      await granted(store)
      await claim(store, NOON)
      passRealTime(LEASE_MS)
      const again = await reopen()
      expect(await again.events.nextAttempt(NOON)).toBe(at(5))
      expect(await again.events.deadLetters(10)).toHaveLength(1)
      expect((await claim(again, at(5))).map(({ attempts }) => attempts).sort()).toEqual([0, 1])
    }),
  )

  // --- dead letters ---

  test(
    'keeps what was given up as a dead letter, with the reason, oldest first, and goes on with the next event',
    withStore(async ({ store }) => {
      const first = await granted(store)
      await attempt(store, NOON, retryAt(at(1)))
      await attempt(store, at(1), DEAD)
      const second = await granted(store)
      await attempt(store, NOON, { result: 'dead', reason: 'no key' })
      const [one, two, ...more] = await store.events.deadLetters(10)
      expect(more).toEqual([])
      expect(one).toMatchObject({ event: { session: first.session.id, ordinal: 1 }, attempts: 2, reason: 'gave up' })
      expect(two).toMatchObject({ event: { session: second.session.id, ordinal: 1 }, attempts: 1, reason: 'no key' })
      expect(await store.events.deadLetters(1)).toEqual([one])
      await end(store, first)
      expect(ordinals([await attempt(store, at(60), DELIVERED)])).toEqual([2])
    }),
  )

  test(
    'puts dead letters back in line on request: of one session, or of all',
    withStore(async ({ store }) => {
      const stored = [await granted(store), await granted(store), await granted(store)]
      for (const _ of stored) {
        const [delivery] = await claim(store, NOON, 1)
        await store.events.settleDelivery(delivery as Delivery, DEAD, NOON)
      }
      const chosen = (stored[1] as Stored).session.id
      expect(await store.events.redeliver(chosen, at(100))).toBe(1)
      expect(await store.events.nextAttempt(BEGINNING)).toBe(at(100))
      const revived = await attempt(store, at(100), DELIVERED)
      expect(revived).toMatchObject({ event: { session: chosen, ordinal: 1 }, sink: SINK, attempts: 0 })
      expect(await store.events.redeliver(chosen, at(100))).toBe(0)
      expect(await store.events.redeliver(undefined, at(200))).toBe(2)
      expect(await store.events.deadLetters(10)).toEqual([])
      expect(await claim(store, at(200))).toHaveLength(2)
    }),
  )

  test(
    'puts the dead letters of a session back in their order, in front of what still waits',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      await attempt(store, NOON, DEAD)
      await end(store, stored)
      expect(await store.events.redeliver(stored.session.id, at(60))).toBe(1)
      expect(ordinals([await attempt(store, at(60), DELIVERED)])).toEqual([1])
      expect(ordinals([await attempt(store, at(60), DELIVERED)])).toEqual([2])
    }),
  )

  // --- a sink that wants nothing more ---

  test(
    'delivers nothing more of a session whose sink has stopped it, later events included',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      const other = await granted(store)
      const [first] = await claim(store, NOON, 1)
      await store.events.settleDelivery(first as Delivery, STOPPED, NOON)
      await end(store, stored)
      const still = await claim(store, at(9999))
      expect(still.map(({ event }) => event.session)).toEqual([other.session.id])
      expect(await store.events.ofSession(stored.session.id, 0)).toHaveLength(2)
      expect(await store.events.countDeliveries()).toEqual({ waiting: 1, dead: 0 })
    }),
  )

  test(
    'stops the events that wait behind the one that was stopped',
    withStore(async ({ store }) => {
      await end(store, await granted(store))
      await attempt(store, at(60), STOPPED)
      expect(await store.events.nextAttempt(BEGINNING)).toBeUndefined()
      expect(await claim(store, at(9999))).toEqual([])
    }),
  )

  test(
    'does not put the dead letters of a session whose sink has stopped it back in line',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      await attempt(store, NOON, DEAD)
      await end(store, stored)
      await attempt(store, at(60), STOPPED)
      expect(await store.events.redeliver(stored.session.id, at(70))).toBe(0)
      expect(await store.events.redeliver(undefined, at(70))).toBe(0)
      expect(await claim(store, at(9999))).toEqual([])
    }),
  )

  test(
    'counts the sessions whose events wait, and the dead letters',
    withStore(async ({ store }) => {
      expect(await store.events.countDeliveries()).toEqual({ waiting: 0, dead: 0 })
      const stored = await granted(store)
      await end(store, stored)
      expect(await store.events.countDeliveries()).toEqual({ waiting: 1, dead: 0 })
      await attempt(store, at(60), DEAD)
      expect(await store.events.countDeliveries()).toEqual({ waiting: 1, dead: 1 })
      await attempt(store, at(60), DELIVERED)
      expect(await store.events.countDeliveries()).toEqual({ waiting: 0, dead: 1 })
    }),
  )

  // --- credentials ---

  const lastEvents: readonly [what: string, outcome: DeliveryOutcome][] = [
    ['delivered', DELIVERED],
    ['stopped by the sink', STOPPED],
  ]
  for (const [what, outcome] of lastEvents) {
    test(
      `erases a credential when the last event of its session is ${what}, and not before [contract section 0]`,
      withStore(async ({ store }) => {
        const stored = await granted(store)
        await attempt(store, NOON, DELIVERED)
        expect(await secretsAtRest(store)).toBe(1)
        await end(store, stored)
        await attempt(store, at(60), outcome)
        expect(await secretsAtRest(store)).toBe(0)
        expect(await store.sessions.find(stored.session.id)).toBeDefined()
      }),
    )
  }

  test(
    'keeps a credential for dead letters, and erases it when the last of them is delivered',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      await attempt(store, NOON, DEAD)
      await end(store, stored)
      await attempt(store, at(60), DELIVERED)
      expect(await secretsAtRest(store)).toBe(1)
      await store.events.redeliver(stored.session.id, at(70))
      await attempt(store, at(70), DELIVERED)
      expect(await secretsAtRest(store)).toBe(0)
    }),
  )

  test(
    'erases the credential of a session that is deleted before it has told anything',
    withStore(async ({ store }) => {
      await forget(store.sessions, await create(store.sessions, {}, { sink: SINK }))
      expect(await secretsAtRest(store)).toBe(0)
    }),
  )

  test(
    'erases the credential of a forgotten session with its last event',
    withStore(async ({ store }) => {
      await forget(store.sessions, await granted(store))
      await attempt(store, at(61), DELIVERED)
      expect(await secretsAtRest(store)).toBe(1)
      await attempt(store, at(61), DELIVERED)
      expect(await secretsAtRest(store)).toBe(0)
    }),
  )

  test(
    'gives events of the application that owns the session',
    withStore(async ({ store }) => {
      const owner = 'app-b' as ApplicationId
      await createGranted(store.sessions, { owner }, { sink: SINK })
      expect((await claim(store, NOON)).map(({ event }) => event.owner)).toEqual([owner])
    }),
  )
}

const GRANTED_AT_1 = { type: 'granted', at: at(1) } as const
const GRANTED_AT_2 = { type: 'granted', at: at(2) } as const
