// What every network owes the gateway. An adapter's test is one line that calls this.

import { after, type Instant, type ReservationId, seconds } from '@rightofway/camara'
import { expect } from 'vitest'
import type { Prefix } from '../../src/domain/address.js'
import {
  type Answer,
  type DeviceReservation,
  type Network,
  type NetworkEvent,
  NetworkUnreachable,
} from '../../src/ports/network.js'
import { type ContractTest, contract, type Skips } from '../support/contract.js'
import { deviceReservation, guarantee, reservation, reservationId } from '../support/reservations.js'

/** A network that holds nothing yet, and the hands that a test needs on it. */
export interface NetworkWorld {
  readonly network: Network
  /** What it can guarantee in each direction. */
  readonly capacityBps: number
  /** By how many milliseconds it may let go late, or seem early: 0 where its clock is moved by hand. */
  readonly slackMs: number
  now(): Instant
  /** Lets time pass, by moving a clock or by waiting; resolves when the network has done what fell due. */
  pass(ms: number): Promise<void>
  /** The process that drives it is killed, and another one takes over after `meanwhile`. */
  reopen(meanwhile?: () => Promise<void>): Promise<Network>
  /** Has it answer the next reservation `pending`, and say what came of it `afterMs` later. */
  answerLate(afterMs: number): void
  /** Has it end what it holds for `id`, early. */
  lose(id: ReservationId): Promise<void>
  /** Makes it unreachable, or reachable again. */
  cutOff(isCutOff: boolean): void
  close(): Promise<void>
}

export type OpenNetwork = () => Promise<NetworkWorld>

/** The suite that every Network passes, unchanged. */
export function describeNetwork(name: string, open: OpenNetwork, skips: Skips = {}): void {
  const withNetwork = (use: (world: NetworkWorld) => Promise<void>) => async () => {
    const world = await open()
    try {
      await use(world)
    } finally {
      await world.close()
    }
  }
  contract(`Network: ${name}`, skips, (test) => {
    describeReserving(test, withNetwork)
    describeVersions(test, withNetwork)
    describeAdmission(test, withNetwork)
    describeTime(test, withNetwork)
    describeRemembering(test, withNetwork)
    describeEvents(test, withNetwork)
    describeUnreachable(test, withNetwork)
    describeAssigning(test, withNetwork)
  })
}

type WithNetwork = (use: (world: NetworkWorld) => Promise<void>) => () => Promise<void>

const ids = async (network: Network): Promise<ReservationId[]> =>
  (await network.list(undefined, 1_000)).map(({ id }) => id)

function grantedAt(answer: Answer): Instant {
  if (answer.result !== 'granted') throw new Error(`it was to be granted, and was ${answer.result}`)
  return answer.at
}

/** What the network says from now on. */
function heard(network: Network): NetworkEvent[] {
  const events: NetworkEvent[] = []
  network.watch((event) => void events.push(event))
  return events
}

function describeReserving(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'grants what it can carry, since now by its own clock, and lists it',
    withNetwork(async ({ network, now, slackMs }) => {
      const before = now()
      const at = grantedAt(await network.reserve(reservation(1)))
      expect(at).toBeGreaterThanOrEqual(before - slackMs)
      expect(at).toBeLessThanOrEqual(now() + slackMs)
      expect(await network.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 1 }])
    }),
  )

  test(
    'makes one reservation of two with one id: the second answer is the first one again',
    withNetwork(async ({ network, capacityBps, pass }) => {
      const all = reservation(1, { qos: guarantee(capacityBps) })
      const at = grantedAt(await network.reserve(all))
      await pass(2_000)
      expect(await network.reserve(all)).toEqual({ result: 'granted', at })
      expect(await network.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 1 }])
    }),
  )

  test(
    'makes one reservation of many with one id at the same time',
    withNetwork(async ({ network, capacityBps }) => {
      const all = reservation(1, { qos: guarantee(capacityBps) })
      const answers = await Promise.all(Array.from({ length: 8 }, () => network.reserve(all)))
      expect(new Set(answers.map(grantedAt)).size).toBe(1)
      expect(await ids(network)).toEqual([reservationId(1)])
    }),
  )

  test(
    'lets go, and does not mind being told so twice',
    withNetwork(async ({ network }) => {
      await network.reserve(reservation(1))
      await network.reserve(reservation(2))
      expect(await network.release(reservationId(1), 2)).toBe('released')
      expect(await ids(network)).toEqual([reservationId(2)])
      expect(await network.release(reservationId(1), 2)).toBe('released')
      expect(await network.release(reservationId(1), 3)).toBe('released')
      expect(await ids(network)).toEqual([reservationId(2)])
    }),
  )

  test(
    'lists what it holds in the order of its ids, page by page',
    withNetwork(async ({ network }) => {
      for (const n of [5, 3, 1, 4, 2]) await network.reserve(reservation(n, { version: n }))
      await network.release(reservationId(3), 9)
      const held = [1, 2, 4, 5].map((n) => ({ id: reservationId(n), version: n }))
      expect(await network.list(undefined, 3)).toEqual(held.slice(0, 3))
      expect(await network.list(reservationId(4), 3)).toEqual(held.slice(3))
      expect(await network.list(reservationId(5), 3)).toEqual([])
      // From behind one that is not held.
      expect(await network.list(reservationId(3), 1)).toEqual(held.slice(2, 3))
    }),
  )
}

function describeVersions(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'refuses a wish that is older than the last it heard, and does nothing [stale]',
    withNetwork(async ({ network, pass, slackMs }) => {
      const at = grantedAt(await network.reserve(reservation(1, { version: 3 })))
      await network.reserve(reservation(1, { version: 5, until: after(at, seconds(120)) }))
      expect(await network.reserve(reservation(1, { version: 4, until: after(at, seconds(10)) }))).toEqual({
        result: 'stale',
      })
      expect(await network.release(reservationId(1), 4)).toBe('stale')
      expect(await network.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 5 }])
      await pass(120_000 - 1 - slackMs)
      expect(await ids(network)).toEqual([reservationId(1)])
    }),
  )

  test(
    'cannot be made to hold again what it has let go, by a message that was delayed [stale]',
    withNetwork(async ({ network, reopen }) => {
      await network.reserve(reservation(1))
      await network.release(reservationId(1), 2)
      expect(await network.reserve(reservation(1))).toEqual({ result: 'stale' })
      expect(await network.reserve(reservation(1, { version: 2 }))).toEqual({ result: 'stale' })
      const again = await reopen()
      expect(await again.reserve(reservation(1))).toEqual({ result: 'stale' })
      expect(await ids(again)).toEqual([])
    }),
  )

  test(
    'remembers a release that came before the reservation [stale, "`not found` from the network taken for success"]',
    withNetwork(async ({ network, reopen }) => {
      expect(await network.release(reservationId(1), 2)).toBe('released')
      expect(await network.reserve(reservation(1))).toEqual({ result: 'stale' })
      const again = await reopen()
      expect(await again.reserve(reservation(1))).toEqual({ result: 'stale' })
      expect(await ids(again)).toEqual([])
    }),
  )

  test(
    'holds again what is wished for after a release',
    withNetwork(async ({ network, now }) => {
      await network.reserve(reservation(1))
      await network.release(reservationId(1), 2)
      const until = after(now(), seconds(60))
      expect(await network.reserve(reservation(1, { version: 3, until }))).toMatchObject({ result: 'granted' })
      expect(await network.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 3 }])
    }),
  )
}

function describeAdmission(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'refuses what goes beyond its capacity, and holds nothing for it',
    withNetwork(async ({ network, capacityBps }) => {
      await network.reserve(reservation(1, { qos: guarantee(capacityBps - 1_000_000) }))
      expect(await network.reserve(reservation(2, { qos: guarantee(1_000_001) }))).toMatchObject({ result: 'refused' })
      expect(await ids(network)).toEqual([reservationId(1)])
      expect(await network.reserve(reservation(3, { qos: guarantee(1_000_000) }))).toMatchObject({ result: 'granted' })
      expect(await network.reserve(reservation(4, { qos: guarantee(1) }))).toMatchObject({ result: 'refused' })
    }),
  )

  test(
    'admits each direction by itself, and always what has no guarantee',
    withNetwork(async ({ network, capacityBps }) => {
      await network.reserve(reservation(1, { qos: guarantee(capacityBps, 0) }))
      expect(await network.reserve(reservation(2, { qos: guarantee(1, 0) }))).toMatchObject({ result: 'refused' })
      await network.reserve(reservation(3, { qos: guarantee(0, capacityBps) }))
      expect(await network.reserve(reservation(4, { qos: guarantee(0, 1) }))).toMatchObject({ result: 'refused' })
      expect(await network.reserve(reservation(5))).toMatchObject({ result: 'granted' })
    }),
  )

  test(
    'refuses again what it has refused when it is asked again',
    withNetwork(async ({ network, capacityBps }) => {
      await network.reserve(reservation(1, { qos: guarantee(capacityBps) }))
      const tooMuch = reservation(2, { qos: guarantee(1_000) })
      const first = await network.reserve(tooMuch)
      expect(first).toMatchObject({ result: 'refused' })
      expect(await network.reserve(tooMuch)).toEqual(first)
      expect(await network.release(reservationId(2), 2)).toBe('released')
      expect(await network.reserve(tooMuch)).toEqual({ result: 'stale' })
    }),
  )

  test(
    'has room for others when it has let go',
    withNetwork(async ({ network, capacityBps }) => {
      await network.reserve(reservation(1, { qos: guarantee(capacityBps) }))
      await network.release(reservationId(1), 2)
      const next = reservation(2, { qos: guarantee(capacityBps) })
      expect(await network.reserve(next)).toMatchObject({ result: 'granted' })
    }),
  )

  test(
    'admits exactly as many as fit of those that ask at the same time',
    withNetwork(async ({ network, capacityBps }) => {
      const qos = guarantee(Math.floor(capacityBps / 10))
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => network.reserve(reservation(n, { qos }))))
      expect(answers.filter(({ result }) => result === 'granted')).toHaveLength(10)
      expect(await ids(network)).toHaveLength(10)
    }),
  )

  test(
    'refuses a flow whose device and server have no address family in common',
    withNetwork(async ({ network }) => {
      const flow = { device: { ipv6: '2001:db8::/64' as Prefix }, server: ['198.51.100.7/32' as Prefix] }
      expect(await network.reserve(reservation(1, { flow }))).toMatchObject({ result: 'refused' })
      expect(await ids(network)).toEqual([])
    }),
  )
}

function describeTime(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'lets go by itself when the duration has passed, not before, and without a word',
    withNetwork(async ({ network, capacityBps, pass, slackMs }) => {
      const events = heard(network)
      const qos = guarantee(capacityBps)
      await network.reserve(reservation(1, { duration: seconds(3), qos }))
      await pass(2_999 - slackMs)
      expect(await ids(network)).toEqual([reservationId(1)])
      await pass(1 + 2 * slackMs)
      expect(await ids(network)).toEqual([])
      expect(events).toEqual([])
      expect(await network.reserve(reservation(2, { qos }))).toMatchObject({ result: 'granted' })
    }),
  )

  test(
    'holds what is extended until its new end, and not longer',
    withNetwork(async ({ network, pass, slackMs }) => {
      const at = grantedAt(await network.reserve(reservation(1, { duration: seconds(3) })))
      await pass(2_000)
      const extended = reservation(1, { version: 3, duration: seconds(6), until: after(at, seconds(6)) })
      expect(await network.reserve(extended)).toEqual({ result: 'granted', at })
      await pass(3_999 - slackMs)
      expect(await network.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 3 }])
      await pass(1 + 2 * slackMs)
      expect(await ids(network)).toEqual([])
    }),
  )

  test(
    'holds until the end that it is given what it did not hold before: a session that is restored keeps its end',
    withNetwork(async ({ network, now, pass, slackMs }) => {
      const until = after(now(), seconds(3))
      await network.reserve(reservation(1, { version: 2, duration: seconds(3_600), until }))
      await pass(2_999 - slackMs)
      expect(await ids(network)).toEqual([reservationId(1)])
      await pass(1 + 2 * slackMs)
      expect(await ids(network)).toEqual([])
    }),
  )

  test(
    'is told to let go of what has ended by itself, and that is that',
    withNetwork(async ({ network, pass, slackMs }) => {
      await network.reserve(reservation(1, { duration: seconds(1) }))
      await pass(1_000 + slackMs)
      expect(await network.release(reservationId(1), 2)).toBe('released')
      expect(await network.reserve(reservation(1))).toEqual({ result: 'stale' })
    }),
  )
}

function describeRemembering(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'remembers what it holds, and until when, when its driver is killed',
    withNetwork(async ({ network, capacityBps, reopen, pass, slackMs, now }) => {
      const qos = guarantee(capacityBps)
      const at = grantedAt(await network.reserve(reservation(1, { version: 2, duration: seconds(5), qos })))
      await pass(1_000)
      const again = await reopen()
      expect(await again.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 2 }])
      expect(await again.reserve(reservation(2, { qos }))).toMatchObject({ result: 'refused' })
      expect(await again.reserve(reservation(1, { version: 2, duration: seconds(5), qos }))).toEqual({
        result: 'granted',
        at,
      })
      // A start of another driver takes its time.
      await pass(Math.max(0, at + 4_999 - 2 * slackMs - now()))
      expect(await ids(again)).toEqual([reservationId(1)])
      await pass(at + 5_000 + slackMs - now())
      expect(await ids(again)).toEqual([])
    }),
  )

  test(
    'has let go of what ended while nobody drove it',
    withNetwork(async ({ network, reopen, pass, slackMs }) => {
      await network.reserve(reservation(1, { duration: seconds(2) }))
      await network.reserve(reservation(2))
      const again = await reopen(() => pass(2_000 + slackMs))
      expect(await ids(again)).toEqual([reservationId(2)])
    }),
  )
}

function describeEvents(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'tells of what it ends early, and holds it no longer',
    withNetwork(async ({ network, capacityBps, lose }) => {
      const qos = guarantee(capacityBps)
      await network.reserve(reservation(1, { qos }))
      const events = heard(network)
      await lose(reservationId(1))
      expect(events).toEqual([{ type: 'lost', id: reservationId(1), reason: expect.any(String) as string }])
      expect(await ids(network)).toEqual([])
      expect(await network.reserve(reservation(2, { qos }))).toMatchObject({ result: 'granted' })
      expect(await network.release(reservationId(1), 2)).toBe('released')
    }),
  )

  test(
    'tells later what came of what it answered "pending", and counts from its own grant',
    withNetwork(async ({ network, answerLate, pass, now, slackMs }) => {
      const events = heard(network)
      const wanted = reservation(1, { duration: seconds(5) })
      answerLate(2_000)
      expect(await network.reserve(wanted)).toEqual({ result: 'pending' })
      expect(await network.reserve(wanted)).toEqual({ result: 'pending' })
      expect(await network.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 1 }])
      await pass(1_999 - slackMs)
      expect(events).toEqual([])
      await pass(1 + 2 * slackMs)
      const at = now()
      expect(events).toEqual([{ type: 'granted', id: reservationId(1), at: expect.any(Number) as Instant }])
      const [event] = events
      if (event?.type !== 'granted') throw new Error('it was to be granted')
      expect(Math.abs(event.at - at)).toBeLessThanOrEqual(2 * slackMs)
      expect(await network.reserve(wanted)).toEqual({ result: 'granted', at: event.at })
      await pass(4_999 - 3 * slackMs)
      expect(await ids(network)).toEqual([reservationId(1)])
      await pass(1 + 4 * slackMs)
      expect(await ids(network)).toEqual([])
    }),
  )

  test(
    'tells later that it refuses what it has no room for by then',
    withNetwork(async ({ network, capacityBps, answerLate, pass, slackMs }) => {
      const events = heard(network)
      const qos = guarantee(capacityBps)
      answerLate(2_000)
      await network.reserve(reservation(1, { qos }))
      expect(await network.reserve(reservation(2, { qos }))).toMatchObject({ result: 'granted' })
      await pass(2_000 + slackMs)
      expect(events).toEqual([{ type: 'refused', id: reservationId(1), reason: expect.any(String) as string }])
      expect(await ids(network)).toEqual([reservationId(2)])
    }),
  )

  test(
    'lets go of what it is still working on, and says no more about it',
    withNetwork(async ({ network, answerLate, pass, slackMs }) => {
      const events = heard(network)
      answerLate(2_000)
      await network.reserve(reservation(1))
      expect(await network.release(reservationId(1), 2)).toBe('released')
      await pass(2_000 + slackMs)
      expect(events).toEqual([])
      expect(await ids(network)).toEqual([])
    }),
  )

  test(
    'goes on working on what is pending when its driver is killed',
    withNetwork(async ({ network, answerLate, reopen, pass, slackMs }) => {
      answerLate(2_000)
      await network.reserve(reservation(1))
      const again = await reopen()
      const events = heard(again)
      await pass(2_000 + slackMs)
      expect(events).toMatchObject([{ type: 'granted', id: reservationId(1) }])
    }),
  )

  test(
    'tells nobody who has stopped watching',
    withNetwork(async ({ network, lose }) => {
      await network.reserve(reservation(1))
      const events: NetworkEvent[] = []
      const stop = network.watch((event) => void events.push(event))
      const others = heard(network)
      stop()
      await lose(reservationId(1))
      expect(others).toHaveLength(1)
      expect(events).toEqual([])
    }),
  )
}

function describeUnreachable(test: ContractTest, withNetwork: WithNetwork): void {
  test(
    'rejects every call while nobody can know whether it heard, and goes on afterwards [NetworkUnreachable]',
    withNetwork(async ({ network, cutOff }) => {
      await network.reserve(reservation(1))
      cutOff(true)
      await expect(network.reserve(reservation(2))).rejects.toThrow(NetworkUnreachable)
      await expect(network.release(reservationId(1), 2)).rejects.toThrow(NetworkUnreachable)
      await expect(network.list(undefined, 10)).rejects.toThrow(NetworkUnreachable)
      cutOff(false)
      expect(await ids(network)).toContain(reservationId(1))
      expect(await network.reserve(reservation(2))).toMatchObject({ result: 'granted' })
      expect(await network.release(reservationId(1), 2)).toBe('released')
      expect(await ids(network)).toEqual([reservationId(2)])
    }),
  )

  test(
    'answers nothing any more once it is closed',
    withNetwork(async ({ network }) => {
      await network.reserve(reservation(1))
      await network.close()
      await expect(network.list(undefined, 10)).rejects.toThrow()
      await expect(network.reserve(reservation(2))).rejects.toThrow()
    }),
  )
}

/** Assigns, on a network that says that it can. */
async function assign(network: Network, wish: DeviceReservation): Promise<Answer> {
  if (network.assign === undefined)
    throw new Error('it says that it holds all flows of a device, and cannot be asked to')
  return network.assign(wish)
}

function describeAssigning(test: ContractTest, withNetwork: WithNetwork): void {
  const withAssignments = (use: (world: NetworkWorld) => Promise<void>) =>
    withNetwork(async (world) => {
      const { capabilities, assign: can } = world.network
      // One that cannot says so, and is not asked.
      if (!capabilities.assignments) return expect(can).toBeUndefined()
      return use(world)
    })

  test(
    'holds all flows of a device without end, beside those of sessions, until it lets go',
    withAssignments(async ({ network, pass, now, slackMs }) => {
      const before = now()
      const at = grantedAt(await assign(network, deviceReservation(1)))
      expect(at).toBeGreaterThanOrEqual(before - slackMs)
      await network.reserve(reservation(1))
      expect(await assign(network, deviceReservation(1))).toEqual({ result: 'granted', at })
      expect(await ids(network)).toEqual([reservationId(1), deviceReservation(1).id].sort())
      await pass(120_000)
      expect(await ids(network)).toEqual([deviceReservation(1).id])
      expect(await network.release(deviceReservation(1).id, 2)).toBe('released')
      expect(await ids(network)).toEqual([])
      expect(await assign(network, deviceReservation(1))).toEqual({ result: 'stale' })
    }),
  )

  test(
    'counts the guarantees of assignments and of sessions together',
    withAssignments(async ({ network, capacityBps }) => {
      grantedAt(await assign(network, deviceReservation(1, { qos: guarantee(capacityBps) })))
      expect(await network.reserve(reservation(2, { qos: guarantee(1) }))).toMatchObject({ result: 'refused' })
      expect(await assign(network, deviceReservation(2, { qos: guarantee(1) }))).toMatchObject({ result: 'refused' })
      await network.release(deviceReservation(1).id, 2)
      grantedAt(await network.reserve(reservation(2, { version: 2, qos: guarantee(capacityBps) })))
    }),
  )

  test(
    'remembers assignments when the process that drives it is killed, and moves one to other addresses',
    withAssignments(async ({ network, reopen }) => {
      const at = grantedAt(await assign(network, deviceReservation(1)))
      const again = await reopen()
      expect(await ids(again)).toEqual([deviceReservation(1).id])
      for (const [version, device] of [
        [2, { ipv4: '10.0.9.9/32' as Prefix, ipv6: '2001:db8:9::/64' as Prefix }],
        [3, {}],
      ] as const) {
        expect(await assign(again, deviceReservation(1, { version, device }))).toEqual({ result: 'granted', at })
        expect(await again.list(undefined, 10)).toEqual([{ id: deviceReservation(1).id, version }])
      }
    }),
  )
}
