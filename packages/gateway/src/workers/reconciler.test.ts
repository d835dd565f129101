import type { DeviceId, NetworkId, ResourceId } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeNetwork } from '../../test/support/fake-network.js'
import { planted } from '../../test/support/planted.js'
import { deviceReservation, reservation, reservationId } from '../../test/support/reservations.js'
import {
  changeBy,
  create,
  createAssignment,
  createGranted,
  forget,
  happen,
  happenTo,
} from '../../test/support/sessions.js'
import { Gate, quiet, until } from '../../test/support/waiting.js'
import { openWorkerWorld, type WorkerWorld } from '../../test/support/worker.js'
import { Simulator } from '../adapters/network-simulator/simulator.js'
import type { Assignment } from '../domain/assignment.js'
import { reservationIdOf } from '../domain/resource.js'
import { at, NOON, TERMS } from '../domain/session.fixture.js'
import type { Held, Network } from '../ports/network.js'
import type { Stored } from '../ports/store/sessions.js'
import { hold } from './network-driver.js'
import { Reconciler, reconcile } from './reconciler.js'

let world: WorkerWorld

beforeEach(async () => {
  world = await openWorkerWorld()
})
afterEach(() => world.close())

const held = ({ session, version }: Stored): Held => ({ id: reservationIdOf(session.id), version })
const find = ({ session }: Stored) => world.store.sessions.find(session.id)
const none = { orphans: 0, missing: 0 }

const openSimulator = (capacityBps = 1_000_000_000) =>
  new Simulator({
    id: TERMS.network,
    file: ':memory:',
    clock: world.clock,
    capacity: { downlinkBps: capacityBps, uplinkBps: capacityBps },
  })

/** A session that the network has granted, and holds. */
async function inPlace(network: Network, terms: Parameters<typeof createGranted>[1] = {}): Promise<Stored> {
  const stored = await createGranted(world.store.sessions, terms)
  await hold(network, stored.session, stored.version)
  return stored
}

/** An assignment that the network has granted, and holds. */
async function assignedInPlace(network: Network): Promise<Stored<Assignment>> {
  const asked = await createAssignment(world.store.sessions)
  const stored = await happenTo(world.store.sessions, asked, { type: 'granted', at: NOON }, NOON, asked.version)
  await hold(network, stored.session, stored.version)
  return stored
}

const listed = async (network: Network) => (await network.list(undefined, 10_000)).map(({ id }) => id)

describe('comparing the store with a network', () => {
  it('finds nothing to do where both agree', async () => {
    const network = openSimulator()
    const stored = await inPlace(network)
    await create(world.store.sessions)
    expect(await reconcile({ ...world, network })).toEqual(none)
    expect(await listed(network)).toEqual([held(stored).id])
    expect(world.logged).toEqual([])
  })

  it('releases what the network holds for no session', async () => {
    const network = openSimulator()
    const stored = await inPlace(network)
    await network.reserve(reservation(900, { version: 7 }))
    const ended = await happen(world.store.sessions, await inPlace(network), { type: 'lost' }, at(1))
    await world.store.work.settle(ended.session.id, ended.version)
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 2, missing: 0 })
    expect(await listed(network)).toEqual([held(stored).id])
    expect(world.logged).toEqual(['warn: store and network differed'])
    // With a version that the delayed message of a sleeping process cannot beat.
    expect(await network.reserve(reservation(900, { version: 7 }))).toEqual({ result: 'stale' })
  })

  it('leaves a pending release to the network driver', async () => {
    const network = new FakeNetwork()
    const gone = await happen(
      world.store.sessions,
      await createGranted(world.store.sessions),
      { type: 'delete', released: false },
      at(1),
    )
    network.onList = async (after) => (after === undefined ? [held(gone)] : [])
    expect(await reconcile({ ...world, network })).toEqual(none)
    expect(network.calls).toEqual([])
  })

  it('restores what the network has silently lost, until the same end', async () => {
    const network = openSimulator()
    const stored = await inPlace(network)
    await world.clock.moveTo(at(600))
    await network.reset()
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 0, missing: 1 })
    expect(await network.list(undefined, 10)).toEqual([held(stored)])
    expect(await find(stored)).toEqual(stored)
    await world.clock.moveTo((at(3600) - 1) as typeof NOON)
    expect(await listed(network)).toEqual([held(stored).id])
    await world.clock.moveTo(at(3600))
    expect(await listed(network)).toEqual([])
  })

  it('does the same for assignments: what is missing is assigned again, and what is too much is released', async () => {
    const network = openSimulator()
    const stored = await assignedInPlace(network)
    await network.assign(deviceReservation(900, { version: 7 }))
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 1, missing: 0 })
    await network.reset()
    await world.clock.moveTo(at(100_000))
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 0, missing: 1 })
    expect(await network.list(undefined, 10)).toEqual([{ id: reservationIdOf(stored.session.id), version: 2 }])
    expect(await world.store.sessions.find(stored.session.id)).toEqual(stored)
    await network.reset()
    network.script({ kind: 'refuse' })
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 0, missing: 1 })
    expect((await world.store.sessions.find(stored.session.id))?.session).toMatchObject({
      status: 'UNAVAILABLE',
      statusInfo: 'NETWORK_TERMINATED',
    })
  })

  it('ends a session that the network will not take back [NETWORK_TERMINATED]', async () => {
    const network = openSimulator()
    const stored = await inPlace(network)
    await network.reset()
    network.script({ kind: 'refuse' })
    await world.clock.moveTo(at(600))
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 0, missing: 1 })
    expect((await find(stored))?.session).toMatchObject({
      status: 'UNAVAILABLE',
      statusInfo: 'NETWORK_TERMINATED',
      endedAt: at(600),
      duration: 600,
    })
    expect(await world.store.sessions.hasTask(stored.session.id)).toBe(true)
    expect(await world.store.events.ofSession(stored.session.id, 1)).toMatchObject([{ ordinal: 2 }])
  })

  it('restores neither what has a pending task, nor what has just ended, nor what is on another network', async () => {
    const network = new FakeNetwork()
    await create(world.store.sessions)
    const elsewhere = { network: 'other' as NetworkId }
    await createGranted(world.store.sessions, elsewhere)
    const extended = await createGranted(world.store.sessions, { device: 'device-2' as DeviceId })
    await happen(world.store.sessions, extended, { type: 'extend', by: 60 as never }, at(1))
    expect(await reconcile({ ...world, network })).toEqual(none)
    await createGranted(world.store.sessions, { device: 'device-3' as DeviceId })
    await world.clock.moveTo(at(3600))
    expect(await reconcile({ ...world, network })).toEqual(none)
    expect(network.calls).toEqual([])
  })

  it('goes through more than a page on both sides', async () => {
    const network = openSimulator()
    const lost = [0, 999, 1_000, 2_299]
    const all = await Promise.all(
      Array.from({ length: 2_300 }, (_, n) => {
        const device = `device-${n}` as DeviceId
        return lost.includes(n) ? createGranted(world.store.sessions, { device }) : inPlace(network, { device })
      }),
    )
    // Their ids lie behind those of the others.
    const strangers = Array.from({ length: 1_100 }, (_, n) => 0xffff_0000 + n)
    await Promise.all(strangers.map((n) => network.reserve(reservation(n, { flow: reservation(1).flow }))))
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 1_100, missing: 4 })
    expect(await listed(network)).toEqual(all.map((stored) => held(stored).id).sort())
  })

  it('ends a session of which the network has a newer version than the store, as after restoring a backup', async () => {
    const network = openSimulator()
    const stored = await inPlace(network)
    await network.release(held(stored).id, stored.version + 5)
    expect(await reconcile({ ...world, network })).toEqual({ orphans: 0, missing: 1 })
    expect((await find(stored))?.session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    expect(await reconcile({ ...world, network })).toEqual(none)
  })
})

describe('what happens while store and network are compared', () => {
  let network: FakeNetwork

  beforeEach(() => {
    network = new FakeNetwork()
  })

  it('is no orphan: a session that was committed and reserved before the network was listed', async () => {
    let stored: Stored | undefined
    network.onList = async (after) => {
      // Who had read the store first would not know it.
      if (stored === undefined) stored = await createGranted(world.store.sessions)
      return after === undefined || after < held(stored).id ? [held(stored)] : []
    }
    expect(await reconcile({ ...world, network })).toEqual(none)
    expect(stored).toBeDefined()
    expect(network.calls).toEqual([])
  })

  it('is no orphan: a session that was listed, and then let go and forgotten', async () => {
    const stored = await createGranted(world.store.sessions)
    let lists = 0
    network.onList = async () => {
      if (++lists > 1) return []
      const page = [held(stored)]
      await forget(world.store.sessions, stored)
      return page
    }
    expect(await reconcile({ ...world, network })).toEqual(none)
    expect(network.calls).toEqual([])
  })

  it('is not missing: a session that was granted after the store was read', async () => {
    const stored = await create(world.store.sessions)
    const present = new Set<Held>()
    network.onList = async () => [...present]
    const store = planted(world.store, 'sessions', 'liveIds', (liveIds) => async (...query) => {
      const page = await liveIds(...query)
      const granted = await happen(world.store.sessions, stored, { type: 'granted', at: NOON }, NOON, stored.version)
      present.add(held(granted))
      return page
    })
    expect(await reconcile({ ...world, store, network })).toEqual(none)
    expect(network.calls).toEqual([])
  })

  it('is not missing: a session that ended between the two readings', async () => {
    const stored = await createGranted(world.store.sessions)
    let lists = 0
    network.onList = async () => {
      // The second time it is for what is missing: the store has been read.
      if (++lists === 2) await happen(world.store.sessions, stored, { type: 'lost' }, at(1))
      return []
    }
    expect(await reconcile({ ...world, network })).toEqual(none)
    expect(lists).toBe(2)
    expect(network.calls).toEqual([])
  })

  it('does not restore for good: a session that ends while it is restored is not held afterwards', async () => {
    const simulator = openSimulator()
    const stored = await inPlace(simulator)
    await simulator.reset()
    const slow: Network = Object.assign(Object.create(simulator) as Network, {
      list: simulator.list.bind(simulator),
      async reserve(wanted: Parameters<Network['reserve']>[0]) {
        // It sleeps, and meanwhile the session is deleted and the network told.
        const gone = await happen(world.store.sessions, stored, { type: 'delete', released: false }, at(1))
        await simulator.release(held(gone).id, gone.version)
        await world.store.sessions.commit(changeBy(gone, { type: 'released' }, at(1), gone.version))
        return simulator.reserve(wanted)
      },
    })
    await reconcile({ ...world, network: Object.assign(slow, { id: TERMS.network }) })
    expect(await listed(simulator)).toEqual([])
    expect(await find(stored)).toBeUndefined()
  })
})

describe('the reconciler', () => {
  let network: FakeNetwork
  let reconciler: Reconciler

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    network = new FakeNetwork()
    reconciler = new Reconciler({ ...world, network })
  })
  afterEach(async () => {
    await reconciler.stop()
    vi.useRealTimers()
  })

  it('compares at the start, and then every minute of real time', async () => {
    let rounds = 0
    network.onList = async (after) => {
      if (after === undefined) rounds++
      return []
    }
    reconciler.start()
    await until(() => rounds === 1)
    await quiet()
    vi.advanceTimersByTime(59_999)
    await quiet()
    expect(rounds).toBe(1)
    vi.advanceTimersByTime(1)
    await until(() => rounds === 2)
  })

  it('tries again when the network is unreachable, and logs it', async () => {
    let rounds = 0
    network.onList = async () => {
      rounds++
      throw new Error('the line is cut')
    }
    reconciler.start()
    await until(() => world.logged.length === 1)
    expect(world.logged).toEqual(['error: reconciliation failed: trying again'])
    await quiet()
    vi.advanceTimersByTime(60_000)
    await until(() => rounds === 2)
  })

  it('ends a round between two pages when it is stopped, and begins no other', async () => {
    const gate = new Gate()
    let pages = 0
    const page = Array.from({ length: 1_000 }, (_, n): Held => ({ id: reservationId(n), version: 1 }))
    network.onList = async () => {
      pages++
      await gate.opened
      return page
    }
    const find = vi.fn(async (id: ResourceId) => ({ session: { id, status: 'AVAILABLE' }, version: 1 }) as never)
    const store = planted(world.store, 'sessions', 'find', () => find)
    const stoppable = new Reconciler({ ...world, store, network })
    stoppable.start()
    await until(() => pages === 1)
    const stopped = stoppable.stop()
    gate.open()
    await stopped
    expect(find).toHaveBeenCalledTimes(1_000)
    expect(pages).toBe(1)
    vi.advanceTimersByTime(120_000)
    await quiet()
    expect(pages).toBe(1)
  })

  it('is waited for when the clock is moved', async () => {
    const gate = new Gate()
    network.onList = async () => {
      await gate.opened
      return []
    }
    reconciler.start()
    let moved = false
    const moving = world.clock.moveBy(1_000).then(() => {
      moved = true
    })
    await quiet()
    expect(moved).toBe(false)
    gate.open()
    await moving
  })
})
