import { type NetworkId, type ReservationId, seconds } from '@rightofway/camara'
import { expect } from 'vitest'
import { at, NOON } from '../../src/domain/session.fixture.js'
import type { Callback, RemoteReservation } from '../../src/ports/store/remote-reservations.js'
import type { ContractTest } from '../support/contract.js'
import { reservation, reservationId } from '../support/reservations.js'
import { until } from '../support/waiting.js'
import type { WithStore } from './store-context.js'

const CORE = 'core' as NetworkId
const OTHER = 'other' as NetworkId

const record = (n: number, more: Partial<RemoteReservation> = {}): RemoteReservation => ({
  network: CORE,
  id: reservationId(n),
  version: 1,
  state: 'held',
  attempt: 1,
  orphans: [],
  keptUntil: at(3_600),
  ...more,
})

const callback = (n: number, more: Partial<Callback> = {}): Callback => ({
  network: CORE,
  reservation: reservationId(n),
  attempt: 1,
  suffix: '/terminate',
  body: `{"n":${n}}`,
  ...more,
})

const ids = (records: readonly RemoteReservation[]): ReservationId[] => records.map(({ id }) => id)

export function describeRemoteReservations(test: ContractTest, withStore: WithStore): void {
  test(
    'keeps a record with all that was said of it, and one of each network',
    withStore(async ({ store, reopen }) => {
      const full = record(1, {
        state: 'ending',
        endsAs: 'expired',
        asked: reservation(1, { until: at(60), duration: seconds(60) }),
        remoteId: 'e3b1',
        grantedAt: NOON,
        until: at(60),
        remoteUntil: at(61),
        moving: true,
        reason: 'full',
        doubts: 2,
        orphans: [1, 3],
        actAt: at(60),
        putOff: 1,
      })
      expect(await store.remoteReservations.put(full, 0)).toBe(1)
      expect(await store.remoteReservations.put(record(1, { network: OTHER }), 0)).toBe(1)
      const again = (await reopen()).remoteReservations
      expect(await again.find(CORE, reservationId(1))).toEqual({ record: full, revision: 1 })
      expect(await again.find(OTHER, reservationId(1))).toMatchObject({ record: { network: OTHER } })
      expect(await again.find(CORE, reservationId(2))).toBeUndefined()
    }),
  )

  test(
    'writes over the revision that was read, and over no other: of many that try, one',
    withStore(async ({ store: { remoteReservations } }) => {
      const added = await Promise.all(
        Array.from({ length: 8 }, (_, n) => remoteReservations.put(record(1, { attempt: n }), 0)),
      )
      expect(added.filter((revision) => revision !== undefined)).toEqual([1])
      const written = await Promise.all(
        Array.from({ length: 8 }, (_, n) => remoteReservations.put(record(1, { attempt: 10 + n }), 1)),
      )
      expect(written.filter((revision) => revision !== undefined)).toEqual([2])
      expect(await remoteReservations.put(record(1, { version: 9 }), 1)).toBeUndefined()
      expect(await remoteReservations.put(record(2), 1)).toBeUndefined()
      const kept = await remoteReservations.find(CORE, reservationId(1))
      expect(kept).toEqual({ record: record(1, { attempt: 10 + written.indexOf(2) }), revision: 2 })
      expect(await remoteReservations.find(CORE, reservationId(2))).toBeUndefined()
    }),
  )

  test(
    'lists what holds something, or may, in the order of ids, page by page, and counts it',
    withStore(async ({ store: { remoteReservations } }) => {
      const states = ['held', 'released', 'asking', 'lost', 'pending', 'refused', 'ending', 'expired'] as const
      for (const [n, state] of [...states.entries()].reverse()) {
        await remoteReservations.put(record(n, { state, orphans: state === 'lost' ? [1, 2] : [] }), 0)
      }
      await remoteReservations.put(record(0, { network: OTHER, orphans: [1] }), 0)
      expect(ids(await remoteReservations.list(CORE, undefined, 3))).toEqual([0, 2, 4].map(reservationId))
      expect(ids(await remoteReservations.list(CORE, reservationId(3), 9))).toEqual([4, 6].map(reservationId))
      expect(await remoteReservations.figures(CORE)).toEqual({ held: 4, orphans: 2 })
      expect(await remoteReservations.figures('nobody' as NetworkId)).toEqual({ held: 0, orphans: 0 })
    }),
  )

  test(
    'says what is due, the most overdue first, and when the next one is',
    withStore(async ({ store: { remoteReservations } }) => {
      expect(await remoteReservations.nextAct(CORE, NOON)).toBeUndefined()
      await remoteReservations.put(record(1, { actAt: at(30) }), 0)
      await remoteReservations.put(record(2, { actAt: at(20) }), 0)
      await remoteReservations.put(record(3, { actAt: at(31) }), 0)
      await remoteReservations.put(record(4), 0)
      await remoteReservations.put(record(5, { network: OTHER, actAt: at(1) }), 0)
      expect(await remoteReservations.nextAct(CORE, at(19))).toBe(at(20))
      expect(await remoteReservations.nextAct(CORE, at(20))).toBe(at(30))
      expect(await remoteReservations.nextAct(CORE, at(31))).toBeUndefined()
      expect(await remoteReservations.due(CORE, at(30), 9)).toEqual([2, 1].map(reservationId))
      expect(await remoteReservations.due(CORE, at(30), 1)).toEqual([reservationId(2)])
      expect(await remoteReservations.due(CORE, at(19), 9)).toEqual([])
      await remoteReservations.put(record(2), 1)
      expect(await remoteReservations.nextAct(CORE, NOON)).toBe(at(30))
    }),
  )

  test(
    'keeps messages in the order in which they came, of each network, until they are done with',
    withStore(async ({ store, reopen }) => {
      for (const n of [2, 1, 3]) await store.remoteReservations.addCallback(callback(n))
      await store.remoteReservations.addCallback(callback(4, { network: OTHER, suffix: '' }))
      const again = (await reopen()).remoteReservations
      const [first, second, third] = await again.callbacks(CORE, 9)
      expect([first, second, third]).toEqual(
        [2, 1, 3].map((n) => ({ ...callback(n), number: expect.any(Number) as number })),
      )
      expect(await again.callbacks(CORE, 1)).toEqual([first])
      await again.removeCallbacks([first?.number ?? 0, third?.number ?? 0])
      expect(await again.callbacks(CORE, 9)).toEqual([second])
      expect(await again.callbacks(OTHER, 9)).toMatchObject([callback(4, { network: OTHER, suffix: '' })])
    }),
  )

  test(
    'tells who watches of each message, no earlier than it can be read, until they stop',
    withStore(async ({ store: { remoteReservations } }) => {
      const seen: Promise<number>[] = []
      const stop = remoteReservations.watch(() => {
        seen.push(remoteReservations.callbacks(CORE, 9).then(({ length }) => length))
      })
      await remoteReservations.addCallback(callback(1))
      await until(() => seen.length === 1)
      expect(await seen[0]).toBe(1)
      stop()
      await remoteReservations.addCallback(callback(2))
      expect(seen).toHaveLength(1)
    }),
  )

  test(
    'forgets what holds nothing when its time has come, and never what may hold something',
    withStore(async ({ store, realNow }) => {
      const { remoteReservations } = store
      await remoteReservations.put(record(1, { state: 'released', keptUntil: at(60) }), 0)
      await remoteReservations.put(record(2, { state: 'held', keptUntil: at(1) }), 0)
      await store.tidy(at(59), realNow() as never, 0)
      expect(await remoteReservations.find(CORE, reservationId(1))).toBeDefined()
      await store.tidy(at(60), realNow() as never, 0)
      expect(await remoteReservations.find(CORE, reservationId(1))).toBeUndefined()
      expect(await remoteReservations.find(CORE, reservationId(2))).toBeDefined()
    }),
  )
}
