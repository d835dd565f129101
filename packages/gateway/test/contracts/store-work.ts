import { isDeepStrictEqual } from 'node:util'
import { type Instant, instant, type NetworkId, type ResourceId } from '@rightofway/camara'
import { expect } from 'vitest'
import type { Resource } from '../../src/domain/resource.js'
import { at, NOON, TERMS } from '../../src/domain/session.fixture.js'
import type { Stored, Version } from '../../src/ports/store/sessions.js'
import type { Store } from '../../src/ports/store/store.js'
import type { NetworkTask, WorkHint } from '../../src/ports/store/work.js'
import type { ContractTest } from '../support/contract.js'
import { attempt, QUEUE, SINK } from '../support/deliveries.js'
import { changeBy, create, createGranted, creation, happen, someTerms } from '../support/sessions.js'
import { until } from '../support/waiting.js'
import type { WithStore } from './store-context.js'

const LEASE_MS = 30_000
const { network } = TERMS
const OTHER_NETWORK = 'other' as NetworkId
const BEGINNING = instant(0)

/** A session whose timer is due then: it is asked for, and has until then to be granted. */
const dueAt = (store: Store, setUpBy: Instant): Promise<Stored> => create(store.sessions, { setUpBy })

const idsOf = (stored: readonly Stored<Resource>[]): ResourceId[] => stored.map(({ session }) => session.id)

const told = (tasks: readonly NetworkTask[]) =>
  tasks.map(({ session, version, do: what }) => `${what} ${session.id} ${version}`)

const taskOf = ({ session, version }: Stored, what: NetworkTask['do']): string => `${what} ${session.id} ${version}`

export function describeWork(test: ContractTest, withStore: WithStore): void {
  // --- timers ---

  test(
    'says when the next timer is due that lies later',
    withStore(async ({ store }) => {
      expect(await store.work.nextTimer(BEGINNING)).toBeUndefined()
      await dueAt(store, at(40))
      await dueAt(store, at(20))
      await dueAt(store, at(30))
      expect(await store.work.nextTimer(BEGINNING)).toBe(at(20))
      expect(await store.work.nextTimer(at(20))).toBe(at(30))
      expect(await store.work.nextTimer(at(40))).toBeUndefined()
    }),
  )

  test(
    'gives due timers, earliest first and at most so many, and none that is not due',
    withStore(async ({ store: { work }, store }) => {
      const third = await dueAt(store, at(30))
      const first = await dueAt(store, at(10))
      const second = await dueAt(store, at(20))
      const later = await dueAt(store, at(31))
      expect(await work.claimTimers(at(9), 10, LEASE_MS)).toEqual([])
      expect(await work.claimTimers(at(30), 2, LEASE_MS)).toEqual([first, second])
      expect(await work.claimTimers(at(30), 2, LEASE_MS)).toEqual([third])
      expect(await work.claimTimers(at(31), 2, LEASE_MS)).toEqual([later])
    }),
  )

  test(
    'knows that 999 ms comes before 1000 ms, though its text does not ["dates compared as text"]',
    withStore(async ({ store: { work }, store }) => {
      const second = await dueAt(store, instant(1_000))
      const first = await dueAt(store, instant(999))
      expect(await work.nextTimer(BEGINNING)).toBe(999)
      expect(await work.claimTimers(instant(999), 10, LEASE_MS)).toEqual([first])
      expect(await work.claimTimers(instant(1_000), 10, LEASE_MS)).toEqual([second])
    }),
  )

  test(
    'gives a due timer to one claimer, and gives it again once the lease has run out',
    withStore(async ({ store: { work }, store, passRealTime }) => {
      const stored = await dueAt(store, at(30))
      const claims = await Promise.all([1, 2, 3].map(() => work.claimTimers(at(30), 10, LEASE_MS)))
      expect(claims.flat()).toEqual([stored])
      passRealTime(LEASE_MS - 1)
      expect(await work.claimTimers(at(30), 10, LEASE_MS)).toEqual([])
      passRealTime(1)
      expect(await work.claimTimers(at(30), 10, LEASE_MS)).toEqual([stored])
      expect(await work.claimTimers(at(30), 10, LEASE_MS)).toEqual([])
    }),
  )

  test(
    'passes over what is claimed to what is due behind it',
    withStore(async ({ store: { work }, store }) => {
      for (let i = 0; i < 5; i++) await dueAt(store, at(10))
      await work.claimTimers(at(10), 5, LEASE_MS)
      const behind = await dueAt(store, at(20))
      expect(await work.claimTimers(at(20), 1, LEASE_MS)).toEqual([behind])
    }),
  )

  test(
    'ends the claim of a timer with a commit: the timer of an extended session is due again at its new end',
    withStore(async ({ store: { sessions, work } }) => {
      const granted = await createGranted(sessions)
      expect(await work.claimTimers(at(3600), 10, LEASE_MS)).toEqual([granted])
      const extended = await happen(sessions, granted, { type: 'extend', by: 60 as never }, at(3599))
      expect(await work.claimTimers(at(3659), 10, LEASE_MS)).toEqual([])
      expect(await work.nextTimer(at(3600))).toBe(at(3660))
      expect(await work.claimTimers(at(3660), 10, LEASE_MS)).toEqual([extended])
    }),
  )

  test(
    'has no timer for a deleted session, and the retention of one that ended',
    withStore(async ({ store: { sessions, work } }) => {
      await happen(sessions, await createGranted(sessions), { type: 'delete', released: false }, at(60))
      expect(await work.nextTimer(BEGINNING)).toBeUndefined()
      await happen(sessions, await createGranted(sessions), { type: 'lost' }, at(60))
      expect(await work.nextTimer(BEGINNING)).toBe(at(60 + 360))
    }),
  )

  // --- network tasks ---

  test(
    'gives the tasks of a network in the order in which they were committed, at most so many',
    withStore(async ({ store: { sessions, work } }) => {
      // Their ids are in another order than their commits.
      const [early, late, other] = [someTerms(), someTerms(), someTerms({ network: OTHER_NETWORK })]
      const second = await create(sessions, late)
      const first = await create(sessions, early)
      const elsewhere = await create(sessions, other)
      const ended = await happen(sessions, second, { type: 'delete', released: false }, at(1))

      expect(await work.countTasks(network)).toBe(2)
      const [task, ...more] = await work.claimTasks(network, 1, LEASE_MS)
      expect(more).toEqual([])
      expect(task).toEqual({ session: first.session, version: first.version, do: 'reserve' })
      // Its wish was replaced by a later one, which stands behind what was committed in between.
      expect(told(await work.claimTasks(network, 10, LEASE_MS))).toEqual([taskOf(ended, 'release')])
      expect(told(await work.claimTasks(OTHER_NETWORK, 10, LEASE_MS))).toEqual([taskOf(elsewhere, 'reserve')])
      expect(await work.countTasks(OTHER_NETWORK)).toBe(1)
    }),
  )

  test(
    'gives a task with the session as it is now, and the version that wanted it',
    withStore(async ({ store: { sessions, work } }) => {
      const first = await create(sessions)
      const granted = await happen(sessions, first, { type: 'granted', at: NOON }, NOON)
      expect(await work.claimTasks(network, 10, LEASE_MS)).toEqual([
        { session: granted.session, version: first.version, do: 'reserve' },
      ])
    }),
  )

  test(
    'gives a task to one claimer, and gives it again, still in order, once the lease has run out',
    withStore(async ({ store: { sessions, work }, passRealTime }) => {
      const all = [await create(sessions), await create(sessions), await create(sessions)]
      const expected = all.map((stored) => taskOf(stored, 'reserve'))
      const claims = await Promise.all([1, 2].map(() => work.claimTasks(network, 2, LEASE_MS)))
      expect(claims.flatMap(told).sort()).toEqual([...expected].sort())
      passRealTime(LEASE_MS - 1)
      expect(await work.claimTasks(network, 10, LEASE_MS)).toEqual([])
      passRealTime(1)
      expect(told(await work.claimTasks(network, 2, LEASE_MS))).toEqual(expected.slice(0, 2))
      passRealTime(LEASE_MS)
      expect(told(await work.claimTasks(network, 10, LEASE_MS))).toEqual(expected)
    }),
  )

  test(
    'has done with a task when a commit settles it, or settle does, and not before',
    withStore(async ({ store: { sessions, work } }) => {
      const first = await create(sessions)
      const second = await create(sessions)
      await happen(sessions, first, { type: 'granted', at: NOON }, NOON, first.version)
      expect(await sessions.hasTask(first.session.id)).toBe(false)
      expect(await sessions.hasTask(second.session.id)).toBe(true)
      await work.settle(second.session.id, second.version)
      expect(await sessions.hasTask(second.session.id)).toBe(false)
      expect(await work.claimTasks(network, 10, LEASE_MS)).toEqual([])
      expect(await work.countTasks(network)).toBe(0)
    }),
  )

  test(
    'keeps a wish that is later than what was settled',
    withStore(async ({ store: { sessions, work } }) => {
      const granted = await createGranted(sessions)
      const extended = await happen(sessions, granted, { type: 'extend', by: 60 as never }, at(10))
      await work.settle(granted.session.id, granted.version)
      expect(told(await work.claimTasks(network, 10, LEASE_MS))).toEqual([taskOf(extended, 'reserve')])
      // The answer to the first wish comes late, and with news of its own.
      const lost = await happen(sessions, extended, { type: 'lost' }, at(20), granted.version)
      expect(told(await work.claimTasks(network, 10, LEASE_MS))).toEqual([taskOf(lost, 'release')])
    }),
  )

  test(
    'does not mind a settle for a session that it does not have',
    withStore(async ({ store: { sessions, work } }) => {
      const stored = await create(sessions)
      await work.settle(creation().id, 7 as Version)
      expect(told(await work.claimTasks(network, 10, LEASE_MS))).toEqual([taskOf(stored, 'reserve')])
    }),
  )

  test(
    'gives what was claimed by one who died to the next, when the lease has run out',
    withStore(async ({ store, reopen, passRealTime }) => {
      const stored = await create(store.sessions)
      await store.work.claimTasks(network, 10, LEASE_MS)
      await store.work.claimTimers(stored.session.setUpBy, 10, LEASE_MS)
      passRealTime(LEASE_MS)
      const { work } = await reopen()
      expect(told(await work.claimTasks(network, 10, LEASE_MS))).toEqual([taskOf(stored, 'reserve')])
      expect(idsOf(await work.claimTimers(stored.session.setUpBy, 10, LEASE_MS))).toEqual([stored.session.id])
    }),
  )

  // --- hints ---

  test(
    'hints at the work that commits make: timers, tasks, deliveries; until nobody watches',
    withStore(async ({ store }) => {
      const { sessions, work } = store
      const hints: WorkHint[] = []
      const stop = work.watchWork((hint) => void hints.push(hint))
      /** In one hint or several, in this process or from another. */
      const heard = async (expected: WorkHint) => {
        const isHeard = ([name, value]: [string, unknown]) =>
          hints.some((hint) => isDeepStrictEqual(hint[name as keyof WorkHint], value))
        await until(() => Object.entries(expected).every(isHeard))
        hints.length = 0
      }
      const first = await create(sessions, { setUpBy: at(30) }, { sink: SINK })
      await heard({ session: first.session.id, timer: at(30), network })
      const granted = await happen(sessions, first, { type: 'granted', at: NOON }, NOON, first.version)
      await heard({ timer: at(3600), delivery: { queue: QUEUE, at: NOON } })
      await attempt(store, NOON, { result: 'retry', at: at(5), reason: 'x' })
      await heard({ delivery: { queue: QUEUE, at: at(5) } })
      await happen(sessions, granted, { type: 'delete', released: false }, at(60))
      await heard({ network })
      stop()
      await create(sessions)
      expect(hints).toEqual([])
    }),
  )

  test(
    'hints at a delivery when an event is committed for a sink, and at none without one',
    withStore(async ({ store: { sessions, work } }) => {
      const hints: WorkHint[] = []
      work.watchWork((hint) => void hints.push(hint))
      await createGranted(sessions)
      const silent = await create(sessions)
      await happen(sessions, silent, { type: 'granted', at: NOON }, NOON)
      expect(hints.some(({ delivery }) => delivery)).toBe(false)
      await createGranted(sessions, {}, { sink: SINK })
      await until(() => hints.some(({ delivery }) => delivery))
    }),
  )

  test(
    'does not end a claim with a commit that it refuses',
    withStore(async ({ store: { sessions, work } }) => {
      const first = await create(sessions, { setUpBy: at(30) })
      const granted = await happen(sessions, first, { type: 'granted', at: NOON }, NOON)
      expect(await work.claimTimers(at(3600), 1, LEASE_MS)).toEqual([granted])
      await expect(sessions.commit(changeBy(first, { type: 'refused' }, at(3600)))).rejects.toThrow()
      expect(await work.claimTimers(at(3600), 1, LEASE_MS)).toEqual([])
    }),
  )
}
