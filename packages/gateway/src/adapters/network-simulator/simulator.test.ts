import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Instant, instant, type NetworkId, seconds } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import { guarantee, reservation, reservationId } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { NOON } from '../../domain/session.fixture.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { NetworkEvent, Reservation } from '../../ports/network.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { GroupCommit } from '../sqlite/group-commit.js'
import { SystemClock } from '../system-clock.js'
import type { Behaviour, TestDevices } from './behaviour.js'
import { Simulator } from './simulator.js'

const CAPACITY_BPS = 100_000_000

const BEHAVIOURS: readonly Behaviour[] = [
  { kind: 'refuse' },
  { kind: 'refuse-late', afterMs: 3_000 },
  { kind: 'late', afterMs: 5_000 },
  { kind: 'never' },
  { kind: 'lose', afterMs: 10_000 },
]
const addressFor = (kind: string): Prefix =>
  `192.0.2.${BEHAVIOURS.findIndex((behaviour) => behaviour.kind === kind)}/32` as Prefix
const testDevices: TestDevices = new Map(BEHAVIOURS.map((behaviour) => [addressFor(behaviour.kind), behaviour]))

interface SimulatedWorld extends NetworkWorld {
  readonly clock: SandboxClock
  simulator: Simulator
}

/** A simulator with a clock that stands still until it is moved. */
async function openWorld(): Promise<SimulatedWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-simulator-'))
  const offset = { load: async () => 0, save: async () => undefined }
  const clock = await SandboxClock.start(new SystemClock(() => NOON), offset)
  const capacity = { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }
  const file = join(dir, 'simulator.db')
  const open = () => new Simulator({ id: 'simulator' as NetworkId, file, clock, capacity, testDevices })
  const simulator = open()
  const world: SimulatedWorld = {
    clock,
    simulator,
    network: simulator,
    capacityBps: CAPACITY_BPS,
    slackMs: 0,
    now: () => clock.now(),
    pass: async (ms) => void (await clock.moveBy(ms)),
    async reopen(meanwhile = async () => undefined) {
      await world.simulator.close()
      await meanwhile()
      world.simulator = open()
      return world.simulator
    },
    answerLate: (afterMs) => world.simulator.script({ kind: 'late', afterMs }),
    lose: async (id) => void (await world.simulator.lose(id)),
    cutOff: (isCutOff) => world.simulator.setReachable(!isCutOff),
    async close() {
      await world.simulator.close()
      rmSync(dir, { recursive: true })
    },
  }
  return world
}

describeNetwork('simulator', openWorld)

async function withSimulator(use: (world: SimulatedWorld) => Promise<void>): Promise<void> {
  const world = await openWorld()
  try {
    await use(world)
  } finally {
    await world.close()
  }
}

/** A reservation for one of the test devices. */
const forTestDevice = (kind: Behaviour['kind']): Reservation =>
  reservation(1, { flow: { device: { ipv4: addressFor(kind) }, server: reservation(1).flow.server } })

const heard = ({ simulator }: SimulatedWorld): NetworkEvent[] => {
  const events: NetworkEvent[] = []
  simulator.watch((event) => void events.push(event))
  return events
}

describe('a simulator that cannot write its file', () => {
  it('acts as soon as it can write again, and affects nothing else with its failure', () =>
    withSimulator(async (world) => {
      const events = heard(world)
      await world.simulator.reserve(forTestDevice('late'))
      const write = vi.spyOn(GroupCommit.prototype, 'write').mockRejectedValue(new StoreUnavailable('the disk is full'))
      try {
        await world.pass(60_000)
        expect(events).toEqual([])
      } finally {
        write.mockRestore()
      }
      await world.pass(1_000)
      expect(events).toEqual([{ type: 'granted', id: reservationId(1), at: NOON + 5_000 }])
    }))
})

describe('the test devices of the simulator', () => {
  it('are refused', () =>
    withSimulator(async ({ simulator }) => {
      expect(await simulator.reserve(forTestDevice('refuse'))).toEqual({ result: 'refused', reason: 'as scripted' })
      expect(simulator.status()).toMatchObject({ held: 0, pending: 0 })
    }))

  it('are refused late, after 3 s', () =>
    withSimulator(async (world) => {
      const events = heard(world)
      expect(await world.simulator.reserve(forTestDevice('refuse-late'))).toEqual({ result: 'pending' })
      expect(await world.simulator.reserve({ ...forTestDevice('refuse-late'), version: 2 })).toEqual({
        result: 'pending',
      })
      await world.pass(2_999)
      expect(events).toEqual([])
      expect(world.simulator.status()).toMatchObject({ pending: 1, held: 0 })
      expect(await world.simulator.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 2 }])
      await world.pass(1)
      expect(events).toEqual([{ type: 'refused', id: reservationId(1), reason: 'as scripted' }])
      expect(world.simulator.status()).toMatchObject({ pending: 0, held: 0 })
    }))

  it('are granted late, after 5 s', () =>
    withSimulator(async (world) => {
      const events = heard(world)
      expect(await world.simulator.reserve(forTestDevice('late'))).toEqual({ result: 'pending' })
      await world.pass(4_999)
      expect(events).toEqual([])
      await world.pass(1)
      expect(events).toEqual([{ type: 'granted', id: reservationId(1), at: NOON + 5_000 }])
    }))

  it('are never answered', () =>
    withSimulator(async (world) => {
      const events = heard(world)
      expect(await world.simulator.reserve(forTestDevice('never'))).toEqual({ result: 'pending' })
      await world.pass(86_400_000)
      expect(events).toEqual([])
      expect(world.simulator.status()).toMatchObject({ pending: 1, held: 0 })
    }))

  it('are granted, and ended by the network after 10 s', () =>
    withSimulator(async (world) => {
      const events = heard(world)
      expect(await world.simulator.reserve(forTestDevice('lose'))).toEqual({ result: 'granted', at: NOON })
      await world.pass(9_999)
      expect(events).toEqual([])
      await world.pass(1)
      expect(events).toEqual([{ type: 'lost', id: reservationId(1), reason: 'ended by the network' }])
    }))

  it('end with their duration when that comes first', () =>
    withSimulator(async (world) => {
      const events = heard(world)
      await world.simulator.reserve({ ...forTestDevice('lose'), duration: seconds(5) })
      await world.pass(60_000)
      expect(events).toEqual([])
      expect(world.simulator.status().held).toBe(0)
    }))
})

describe("the operator's controls of the simulator", () => {
  it("script the next reservations, in order, with precedence over their devices' behaviour", () =>
    withSimulator(async ({ simulator }) => {
      simulator.script({ kind: 'refuse' }, 2)
      simulator.script({ kind: 'grant' })
      simulator.script({ kind: 'unreachable' })
      expect(await simulator.reserve(reservation(2))).toMatchObject({ result: 'refused' })
      expect(await simulator.reserve(reservation(3))).toMatchObject({ result: 'refused' })
      expect(await simulator.reserve(forTestDevice('refuse'))).toMatchObject({ result: 'granted' })
      await expect(simulator.reserve(reservation(4))).rejects.toMatchObject({ name: 'NetworkUnreachable' })
      expect(await simulator.reserve(reservation(4))).toMatchObject({ result: 'granted' })
    }))

  it('refuse an extension: the reservation stays as it was until it is released', () =>
    withSimulator(async ({ simulator, pass }) => {
      await simulator.reserve(reservation(1, { duration: seconds(10) }))
      simulator.script({ kind: 'refuse' })
      const until = instant(NOON + 60_000)
      expect(await simulator.reserve(reservation(1, { version: 3, until }))).toMatchObject({ result: 'refused' })
      await pass(9_999)
      expect(await simulator.list(undefined, 10)).toEqual([{ id: reservationId(1), version: 3 }])
      await pass(1)
      expect(await simulator.list(undefined, 10)).toEqual([])
    }))

  it('do not let it silently grant what it has ended itself', () =>
    withSimulator(async ({ simulator }) => {
      await simulator.reserve(reservation(1))
      expect(await simulator.lose(reservationId(1))).toBe(true)
      const refused = { result: 'refused', reason: 'it was ended by the network' }
      expect(await simulator.reserve(reservation(1))).toEqual(refused)
      expect(await simulator.reserve(reservation(1, { version: 2 }))).toEqual(refused)
      expect(await simulator.lose(reservationId(1))).toBe(false)
      expect(await simulator.lose(reservationId(2))).toBe(false)
    }))

  it('slow releases down', () =>
    withSimulator(async ({ simulator, clock, pass }) => {
      await simulator.reserve(reservation(1))
      simulator.delayReleases(1_000)
      let released = false
      const release = clock.track(simulator.release(reservationId(1), 2)).then(() => {
        released = true
      })
      await pass(999)
      expect(released).toBe(false)
      expect(simulator.status().held).toBe(1)
      await pass(1)
      await release
      expect(simulator.status().held).toBe(0)
    }))

  it('reset it: everything is forgotten without an event, and its capacity is free again', () =>
    withSimulator(async (world) => {
      const { simulator, pass } = world
      const events = heard(world)
      await simulator.reserve(reservation(1, { version: 7, qos: guarantee(CAPACITY_BPS) }))
      simulator.script({ kind: 'late', afterMs: 1_000 })
      await simulator.reserve(reservation(2))
      await simulator.reset()
      expect(simulator.status()).toMatchObject({ held: 0, pending: 0, guaranteed: { downlinkBps: 0, uplinkBps: 0 } })
      await pass(3_600_000)
      expect(events).toEqual([])
      expect(await simulator.reserve(reservation(1, { qos: guarantee(CAPACITY_BPS) }))).toMatchObject({
        result: 'granted',
      })
    }))

  it('lower its capacity: held reservations stay, new ones are refused until there is room', () =>
    withSimulator(async ({ simulator }) => {
      await simulator.reserve(reservation(1, { qos: guarantee(50_000_000) }))
      simulator.setCapacity({ downlinkBps: 10_000_000, uplinkBps: 10_000_000 })
      expect(simulator.status()).toMatchObject({ held: 1, guaranteed: { downlinkBps: 50_000_000 } })
      expect(await simulator.reserve(reservation(2, { qos: guarantee(1) }))).toMatchObject({ result: 'refused' })
      await simulator.release(reservationId(1), 2)
      const next = reservation(3, { qos: guarantee(10_000_000) })
      expect(await simulator.reserve(next)).toMatchObject({ result: 'granted' })
    }))

  it('count its calls, and held and pending reservations', () =>
    withSimulator(async ({ simulator }) => {
      await simulator.reserve(reservation(1, { qos: guarantee(3_000_000, 1_000_000) }))
      await simulator.reserve(reservation(1, { qos: guarantee(3_000_000, 1_000_000) }))
      await simulator.reserve(reservation(2, { qos: guarantee(4_000_000, 2_000_000) }))
      simulator.script({ kind: 'never' })
      await simulator.reserve(reservation(3, { qos: guarantee(5_000_000) }))
      await simulator.release(reservationId(1), 2)
      expect(simulator.status()).toEqual({
        capacity: { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS },
        guaranteed: { downlinkBps: 4_000_000, uplinkBps: 2_000_000 },
        held: 1,
        pending: 1,
        calls: { reserve: 4, release: 1 },
      })
    }))
})

describe('the guaranteed capacity of the simulator', () => {
  it('is right after a turn of calls of which one failed unexpectedly', () =>
    withSimulator(async ({ simulator }) => {
      const qos = guarantee(10_000_000)
      const answers = await Promise.allSettled([
        simulator.reserve(reservation(1, { qos })),
        simulator.reserve(reservation(2, { qos, duration: Number.NaN as never })),
        simulator.reserve(reservation(3, { qos })),
      ])
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(simulator.status()).toMatchObject({ held: 2, guaranteed: { downlinkBps: 20_000_000 } })
    }))

  const n = fc.integer({ min: 1, max: 6 })
  const mbps = fc.integer({ min: 0, max: 60 }).map((rate) => rate * 1_000_000)
  const call = fc.oneof(
    fc.record({ do: fc.constant('reserve' as const), n, version: fc.integer({ min: 1, max: 9 }), mbps }),
    fc.record({ do: fc.constant('extend' as const), n, version: fc.integer({ min: 1, max: 9 }), ms: fc.nat(20_000) }),
    fc.record({ do: fc.constant('release' as const), n, version: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ do: fc.constant('lose' as const), n }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.nat(8_000) }),
    fc.record({ do: fc.constant('capacity' as const), mbps }),
    fc.record({ do: fc.constantFrom('reopen' as const, 'reset' as const) }),
    fc.record({
      do: fc.constant('script' as const),
      kind: fc.constantFrom('refuse' as const, 'never' as const, 'unreachable' as const),
    }),
    fc.record({
      do: fc.constant('script' as const),
      kind: fc.constantFrom('late' as const, 'lose' as const),
      afterMs: fc.nat(5_000),
    }),
  )
  type Call = typeof call extends fc.Arbitrary<infer C> ? C : never

  /** The guarantees of reservations, and those that are still pending. */
  class Tally {
    readonly rates = new Map<string, number>()
    readonly pending = new Set<string>()

    hear = (event: NetworkEvent): void => void this.pending.delete(event.id)

    wish(id: string, answer: string, bps: number): void {
      // A reservation keeps its first rate.
      if (answer === 'pending') this.pending.add(id)
      if ((answer === 'granted' || answer === 'pending') && !this.rates.has(id)) this.rates.set(id, bps)
    }

    forget(id: string): void {
      this.rates.delete(id)
      this.pending.delete(id)
    }
  }

  async function carryOut(world: SimulatedWorld, tally: Tally, wanted: Call): Promise<void> {
    const { simulator } = world
    switch (wanted.do) {
      case 'reserve': {
        const { version, mbps: bps } = wanted
        const asked = reservation(wanted.n, { version, qos: guarantee(bps), duration: seconds(5) })
        const answer = await simulator.reserve(asked).catch(() => ({ result: 'unreachable' }))
        return tally.wish(asked.id, answer.result, bps)
      }
      case 'extend': {
        const until = (world.now() + wanted.ms) as Instant
        const asked = reservation(wanted.n, { version: wanted.version, until })
        const answer = await simulator.reserve(asked).catch(() => ({ result: 'unreachable' }))
        return tally.wish(asked.id, answer.result, 0)
      }
      case 'release':
        await simulator.release(reservationId(wanted.n), wanted.version)
        return
      case 'lose':
        await simulator.lose(reservationId(wanted.n))
        return
      case 'pass':
        return world.pass(wanted.ms)
      case 'capacity':
        return simulator.setCapacity({ downlinkBps: wanted.mbps, uplinkBps: wanted.mbps })
      case 'reopen':
        await world.reopen()
        world.simulator.watch(tally.hear)
        return
      case 'reset':
        return simulator.reset()
      case 'script':
        return simulator.script('afterMs' in wanted ? wanted : { kind: wanted.kind })
    }
  }

  it('is always the sum of the listed reservations', () =>
    fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), (calls) =>
        withSimulator(async (world) => {
          const tally = new Tally()
          world.simulator.watch(tally.hear)
          for (const wanted of calls) {
            await carryOut(world, tally, wanted)
            const listed = (await world.simulator.list(undefined, 100)).map(({ id }) => id as string)
            for (const id of tally.rates.keys()) if (!listed.includes(id)) tally.forget(id)
            const held = listed.filter((id) => !tally.pending.has(id))
            const sum = held.reduce((total, id) => total + (tally.rates.get(id) ?? Number.NaN), 0)
            const status = world.simulator.status()
            expect(status.guaranteed).toEqual({ downlinkBps: sum, uplinkBps: sum })
            expect([status.held, status.pending]).toEqual([held.length, listed.length - held.length])
          }
        }),
      ),
      { numRuns: 60 },
    ))

  it('never exceeds the capacity, in any sequence of calls and time', () =>
    fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), (calls) =>
        withSimulator(async (world) => {
          const tally = new Tally()
          for (const wanted of calls.filter((one) => one.do !== 'capacity')) {
            await carryOut(world, tally, wanted)
            expect(world.simulator.status().guaranteed.downlinkBps).toBeLessThanOrEqual(CAPACITY_BPS)
          }
        }),
      ),
      { numRuns: 60 },
    ))
})
