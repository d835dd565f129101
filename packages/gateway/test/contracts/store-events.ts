import { type ApplicationId, type DeviceId, type Instant, instant, type SubjectId } from '@rightofway/camara'
import { expect } from 'vitest'
import { queueOf } from '../../src/domain/queue.js'
import { at, NOON, TERMS } from '../../src/domain/session.fixture.js'
import { type DeliveryOutcome, LOGGED_ATTEMPTS } from '../../src/ports/store/events.js'
import type { Sink, Stored } from '../../src/ports/store/sessions.js'
import type { Store } from '../../src/ports/store/store.js'
import type { ContractTest } from '../support/contract.js'
import { accessToken, attempt, claim, LEASE_MS, QUEUE, SINK, settle, sinkOn } from '../support/deliveries.js'
import { create, createGranted, forget, happen, secretsAtRest } from '../support/sessions.js'
import type { WithStore } from './store-context.js'

const OTHER_APP = 'app-b' as ApplicationId

const DELIVERED = { result: 'delivered' } as const
const DEAD = { result: 'dead', reason: 'gave up' } as const
const STOPPED = { result: 'stopped', reason: 'the sink answered 410' } as const
const retryAt = (at: Instant): DeliveryOutcome => ({ result: 'retry', at, reason: 'the sink answered 503' })

/** A session with a sink that was granted at noon, and so has told of it. */
const granted = (store: Store, sink: Sink = SINK): Promise<Stored> => createGranted(store.sessions, {}, { sink })

/** The one session with a sink ends after a minute. */
const end = (store: Store, stored: Stored): Promise<Stored> => happen(store.sessions, stored, { type: 'lost' }, at(60))

/** When the next attempt is due, in whichever queue, claimed or not. */
async function nextAttempt({ events }: Store): Promise<Instant | undefined> {
  const due = (await events.queues(undefined, 100)).map(({ at }) => at)
  return due.length === 0 ? undefined : instant(Math.min(...due))
}

const ordinals = (deliveries: readonly { event: { ordinal: number } }[]) => deliveries.map(({ event }) => event.ordinal)

export function describeEvents(test: ContractTest, withStore: WithStore): void {
  // --- what happened ---

  test(
    'keeps the events of a session in order, numbered from 1, whether or not it has a sink',
    withStore(async ({ store }) => {
      const stored = await createGranted(store.sessions)
      const { id, owner } = stored.session
      await happen(store.sessions, stored, { type: 'timer', released: false }, at(3601))
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

  test(
    "gives an application's events of all its sessions in one order, from behind any of them",
    withStore(async ({ store: { sessions, events } }) => {
      const first = await createGranted(sessions)
      await createGranted(sessions, { owner: OTHER_APP })
      const second = await createGranted(sessions)
      await happen(sessions, second, { type: 'lost' }, at(60))
      await happen(sessions, first, { type: 'lost' }, at(60))
      const [a, b] = [first.session.id, second.session.id]
      const all = await events.ofOwner(TERMS.owner, undefined, 100)
      expect(all.map(({ session, ordinal }) => [session, ordinal])).toEqual([
        [a, 1],
        [b, 1],
        [b, 2],
        [a, 2],
      ])
      expect(all.filter(({ session }) => session === b)).toEqual(await events.ofSession(b, 0))
      for (const [index, name] of all.entries()) {
        expect(await events.ofOwner(TERMS.owner, name, 2)).toEqual(all.slice(index + 1, index + 3))
      }
      expect(await events.lastOf(TERMS.owner)).toEqual({ session: a, ordinal: 2 })
    }),
  )

  test(
    'gives all events of an application from behind one that is not kept, or is none of its own',
    withStore(async ({ store: { sessions, events } }) => {
      expect(await events.lastOf(TERMS.owner)).toBe(undefined)
      const { session } = await createGranted(sessions)
      const other = await createGranted(sessions, { owner: OTHER_APP })
      const mine = await events.ofOwner(TERMS.owner, undefined, 100)
      expect(mine).toHaveLength(1)
      for (const after of [
        { session: session.id, ordinal: 9 },
        { session: other.session.id, ordinal: 1 },
      ]) {
        expect(await events.ofOwner(TERMS.owner, after, 100)).toEqual(mine)
      }
    }),
  )

  // --- deliveries ---

  test(
    'gives a due delivery with its event and its sink, as they were committed',
    withStore(async ({ store }) => {
      const { session } = await granted(store)
      expect(await store.events.queues(undefined, 100)).toEqual([{ queue: QUEUE, at: NOON }])
      expect(await claim(store, instant(NOON - 1))).toEqual([])
      const [delivery] = await claim(store, NOON)
      expect(delivery).toEqual({
        claim: expect.any(Number) as number,
        event: { session: session.id, owner: TERMS.owner, ordinal: 1, at: NOON, report: { status: 'AVAILABLE' } },
        sink: SINK,
        attempts: 0,
        dueAt: NOON,
      })
      const plain = await granted(store, sinkOn('plain.example'))
      const [second] = await claim(store, NOON)
      expect(second).toMatchObject({ event: { session: plain.session.id } })
      expect(second?.sink).toEqual(sinkOn('plain.example'))
      const signed: Sink = { ...sinkOn('signed.example'), credential: { type: 'PRIVATE_KEY_JWT' } }
      await granted(store, signed)
      expect((await claim(store, NOON)).map(({ sink }) => sink)).toEqual([signed])
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
      await settle(store, first[0], DELIVERED, at(70))
      expect(await nextAttempt(store)).toBe(at(70))
      const second = await attempt(store, at(70), DELIVERED)
      expect(second).toMatchObject({ event: { ordinal: 2, at: at(60) }, attempts: 0, dueAt: at(70) })
      expect(await claim(store, at(9999))).toEqual([])
      expect(await nextAttempt(store)).toBeUndefined()
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
      expect(await nextAttempt(store)).toBe(at(61))
      expect(await claim(store, instant(at(61) - 1))).toEqual([])
      const again = await attempt(store, at(61), retryAt(at(66)))
      expect(again).toMatchObject({ event: { ordinal: 1 }, attempts: 1, firstAttemptAt: at(60), dueAt: at(61) })
      expect(await attempt(store, at(66), DELIVERED)).toMatchObject({ event: { ordinal: 1 }, attempts: 2 })
      expect(await attempt(store, at(66), DELIVERED)).toMatchObject({ event: { ordinal: 2 }, attempts: 0 })
    }),
  )

  test(
    'says when the next one is due that it has not given to anybody',
    withStore(async ({ store }) => {
      for (const later of [30, 10]) {
        await granted(store)
        await attempt(store, NOON, retryAt(at(later)))
      }
      await granted(store)
      await granted(store)
      const ask = async (now: Instant, limit: number) => {
        const [claimed] = await store.events.claimDeliveries([{ queue: QUEUE, limit }], now, LEASE_MS)
        return { given: claimed?.deliveries.length, nextAt: claimed?.nextAt }
      }
      expect(await ask(NOON, 1)).toEqual({ given: 1, nextAt: NOON })
      expect(await ask(NOON, 5)).toEqual({ given: 1, nextAt: at(10) })
      expect(await ask(NOON, 5)).toEqual({ given: 0, nextAt: at(10) })
      expect(await ask(at(10), 5)).toEqual({ given: 1, nextAt: at(30) })
      expect(await ask(at(30), 5)).toEqual({ given: 1, nextAt: undefined })
    }),
  )

  test(
    'gives of the queues that are asked for as much as is asked for, and leaves all others alone',
    withStore(async ({ store }) => {
      const hosts = ['one', 'two', 'three'].map(sinkOn)
      for (const sink of hosts) for (let n = 0; n < 3; n++) await granted(store, sink)
      const [one, two, three] = hosts.map(({ queue }) => queue)
      if (one === undefined || two === undefined || three === undefined)
        throw new Error('three hosts have three queues')
      expect(await store.events.countWaiting(two)).toBe(3)
      const wanted = [
        { queue: three, limit: 2 },
        { queue: one, limit: 5 },
      ]
      const claimed = await store.events.claimDeliveries(wanted, NOON, LEASE_MS)
      expect(claimed.map(({ queue, deliveries }) => [queue, deliveries.length])).toEqual([
        [three, 2],
        [one, 3],
      ])
      expect(claimed.flatMap(({ deliveries }) => deliveries).map(({ sink }) => sink.queue)).not.toContain(two)
      expect(await claim(store, NOON)).toHaveLength(1 + 3)
    }),
  )

  test(
    'knows every queue in which something waits, and when the next attempt in it is due',
    withStore(async ({ store }) => {
      const other = { ...SINK, queue: queueOf(OTHER_APP, 'sink.example') }
      expect(await store.events.queues(undefined, 100)).toEqual([])
      await createGranted(store.sessions, { owner: OTHER_APP }, { sink: other })
      await attempt(store, NOON, retryAt(at(30)))
      await granted(store, sinkOn('done.example'))
      await attempt(store, NOON, DELIVERED)
      await granted(store)
      await attempt(store, NOON, retryAt(at(7)))
      await granted(store)
      await attempt(store, NOON, retryAt(at(5)))
      const queues = new Map((await store.events.queues(undefined, 100)).map(({ queue, at }) => [queue, at]))
      expect(queues).toEqual(
        new Map([
          [QUEUE, at(5)],
          [other.queue, at(30)],
        ]),
      )
      const [first, second] = [...queues.keys()].sort()
      expect((await store.events.queues(undefined, 1)).map(({ queue }) => queue)).toEqual([first])
      expect((await store.events.queues(first, 1)).map(({ queue }) => queue)).toEqual([second])
      expect(await store.events.queues(second, 1)).toEqual([])
    }),
  )

  test(
    'takes no outcome of an attempt whose claim has passed to another that has told its own',
    withStore(async ({ store, passRealTime }) => {
      const { session } = await granted(store)
      const [slow] = await claim(store, NOON)
      passRealTime(LEASE_MS)
      await attempt(store, at(1), DELIVERED)
      await settle(store, slow, retryAt(at(2)), at(2))
      expect(await nextAttempt(store)).toBeUndefined()
      expect(await claim(store, at(9999))).toEqual([])
      await settle(store, slow, DEAD, at(3))
      expect(await store.events.deadLetters(10)).toEqual([])
      expect(await store.events.ofSession(session.id, 0)).toHaveLength(1)
    }),
  )

  test(
    'takes no outcome of an attempt for that of the next event, which another has claimed since',
    withStore(async ({ store, passRealTime }) => {
      const stored = await granted(store)
      await end(store, stored)
      const [slow] = await claim(store, at(60))
      passRealTime(LEASE_MS)
      await attempt(store, at(60), DELIVERED)
      const [second] = await claim(store, at(60))
      await settle(store, slow, DEAD, at(61))
      expect(await claim(store, at(9999))).toEqual([])
      await settle(store, second, DELIVERED, at(62))
      const states = (await store.events.deliveriesOf(stored.session.id)).map(({ state }) => state)
      expect(states).toEqual(['delivered', 'delivered'])
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
        await settle(store, delivery, DEAD, NOON)
      }
      const chosen = (stored[1] as Stored).session.id
      expect(await store.events.redeliver({ session: chosen }, at(100))).toBe(1)
      expect(await nextAttempt(store)).toBe(at(100))
      const revived = await attempt(store, at(100), DELIVERED)
      expect(revived).toMatchObject({ event: { session: chosen, ordinal: 1 }, sink: SINK, attempts: 0 })
      expect(await store.events.redeliver({ session: chosen }, at(100))).toBe(0)
      expect(await store.events.redeliver('dead-letters', at(200))).toBe(2)
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
      expect(await store.events.redeliver({ session: stored.session.id }, at(60))).toBe(2)
      expect(ordinals([await attempt(store, at(60), DELIVERED)])).toEqual([1])
      expect(ordinals([await attempt(store, at(60), DELIVERED)])).toEqual([2])
    }),
  )

  test(
    'puts a single event back in line, delivered or not, with a schedule of its own',
    withStore(async ({ store }) => {
      const { session } = await granted(store)
      const event = { session: session.id, ordinal: 1 }
      await attempt(store, NOON, retryAt(at(3600)))
      expect(await store.events.redeliver({ event }, at(60))).toBe(1)
      expect(await attempt(store, at(60), DELIVERED)).toMatchObject({ attempts: 1, firstAttemptAt: NOON })
      expect(await store.events.redeliver({ event }, at(100))).toBe(1)
      const again = await attempt(store, at(100), DELIVERED)
      expect(again).toMatchObject({ event, attempts: 0 })
      expect(again.firstAttemptAt).toBeUndefined()
      expect(await store.events.redeliver({ event: { ...event, ordinal: 2 } }, at(100))).toBe(0)
    }),
  )

  test(
    'puts no event back in line that nobody knows a sink for',
    withStore(async ({ store }) => {
      const silent = await createGranted(store.sessions)
      expect(await store.events.redeliver({ session: silent.session.id }, at(60))).toBe(0)
      const stored = await granted(store)
      await forget(store.sessions, stored)
      await attempt(store, at(61), DELIVERED)
      await attempt(store, at(61), DELIVERED)
      expect(await store.events.redeliver({ event: { session: stored.session.id, ordinal: 1 } }, at(70))).toBe(0)
      expect(await claim(store, at(9999))).toEqual([])
    }),
  )

  test(
    'puts many dead letters back in line',
    withStore(async ({ store }) => {
      const devices = Array.from({ length: 1_200 }, (_, n) => `device-${n}` as DeviceId)
      await Promise.all(devices.map((device) => createGranted(store.sessions, { device }, { sink: SINK })))
      const all = await claim(store, NOON, 2_000)
      await Promise.all(all.map((delivery) => settle(store, delivery, DEAD, NOON)))
      expect(await store.events.redeliver('dead-letters', at(60))).toBe(1_200)
      expect(await claim(store, at(60), 2_000)).toHaveLength(1_200)
    }),
  )

  // --- the log ---

  test(
    'knows what became of the events of a session: attempts, answers, and when the next one is due',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      const { id } = stored.session
      await end(store, stored)
      const records = () => store.events.deliveriesOf(id)
      expect(await records()).toMatchObject([
        { event: { ordinal: 1 }, state: 'waiting', attempts: [], nextAttemptAt: NOON },
        { event: { ordinal: 2 }, state: 'waiting', attempts: [] },
      ])
      expect((await records())[1]?.nextAttemptAt).toBeUndefined()
      const [first] = await claim(store, at(60))
      if (first === undefined) throw new Error('the first event is due')
      const refused = { at: at(60), ms: 17, status: 503 }
      await store.events.settleDelivery(first, refused, retryAt(at(61)), at(60))
      expect((await records())[0]).toMatchObject({ state: 'waiting', attempts: [refused], nextAttemptAt: at(61) })
      const [again] = await claim(store, at(61))
      if (again === undefined) throw new Error('the first event is due again')
      const unheard = { at: at(61), ms: 10_000, reason: 'no answer within 10000 ms' }
      await store.events.settleDelivery(again, unheard, DEAD, at(71))
      expect(await records()).toMatchObject([
        { state: 'dead', attempts: [refused, unheard], reason: 'gave up' },
        { state: 'waiting', attempts: [], nextAttemptAt: at(71) },
      ])
      await attempt(store, at(71), STOPPED)
      expect((await records()).map(({ state, reason }) => [state, reason])).toEqual([
        ['dead', 'gave up'],
        ['stopped', STOPPED.reason],
      ])
      expect(await store.events.deliveriesOf((await createGranted(store.sessions)).session.id)).toMatchObject([
        { state: 'none', attempts: [] },
      ])
    }),
  )

  test(
    'keeps the attempts before a redelivery, and the latest of very many',
    withStore(async ({ store }) => {
      const { session } = await granted(store)
      await attempt(store, NOON, DEAD)
      await store.events.redeliver('dead-letters', at(1))
      for (let n = 1; n < LOGGED_ATTEMPTS + 5; n++) await attempt(store, at(n), retryAt(at(n + 1)))
      const [record] = await store.events.deliveriesOf(session.id)
      expect(record?.attempts).toHaveLength(LOGGED_ATTEMPTS)
      expect(record?.attempts.at(-1)?.at).toBe(at(LOGGED_ATTEMPTS + 4))
      expect(record?.attempts[0]?.at).toBe(at(5))
    }),
  )

  // --- a sink that wants nothing more ---

  test(
    'delivers nothing more of a session whose sink has stopped it, later events included',
    withStore(async ({ store }) => {
      const stored = await granted(store)
      const other = await granted(store)
      const [first] = await claim(store, NOON, 1)
      await settle(store, first, STOPPED, NOON)
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
      expect(await nextAttempt(store)).toBeUndefined()
      expect(await claim(store, at(9999))).toEqual([])
    }),
  )

  test(
    'does not put the dead letters of a session whose sink has stopped it back in line, unless asked for that session',
    withStore(async ({ store }) => {
      const stored = await granted(store, sinkOn('stopped.example'))
      await attempt(store, NOON, DEAD)
      await end(store, stored)
      await attempt(store, at(60), STOPPED)
      expect(await store.events.redeliver('dead-letters', at(70))).toBe(0)
      expect(await claim(store, at(9999))).toEqual([])
      expect(await store.events.redeliver({ session: stored.session.id }, at(80))).toBe(2)
      expect(ordinals([await attempt(store, at(80), DELIVERED)])).toEqual([1])
      expect(ordinals([await attempt(store, at(80), DELIVERED)])).toEqual([2])
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
      await store.events.redeliver({ session: stored.session.id }, at(70))
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
    'erases a token that has expired, and remembers that there was one',
    withStore(async ({ store, realNow }) => {
      const short = accessToken('k1.short', instant(realNow() + 1_000))
      await granted(store, { ...SINK, credential: short })
      await granted(store, { ...SINK, credential: accessToken('k1.long', instant(realNow() + 2_000)) })
      await store.tidy(NOON, instant(realNow() + 1_000), 86_400_000)
      expect(await secretsAtRest(store)).toBe(1)
      const credentials = (await claim(store, NOON)).map(({ sink }) => sink.credential)
      expect(credentials).toContainEqual({ type: 'ACCESSTOKEN', expiresAt: instant(realNow() + 1_000) })
    }),
  )

  test(
    'gives events with the application and the subject that the session is of',
    withStore(async ({ store }) => {
      const subject = 'sub-1' as SubjectId
      await createGranted(store.sessions, { owner: OTHER_APP, subject }, { sink: SINK })
      expect((await claim(store, NOON)).map(({ event }) => event)).toMatchObject([{ owner: OTHER_APP, subject }])
    }),
  )
}

const GRANTED_AT_1 = { type: 'granted', at: at(1) } as const
const GRANTED_AT_2 = { type: 'granted', at: at(2) } as const
