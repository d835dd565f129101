import { type DeviceId, type NetworkId, type SessionId, seconds } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeNetwork } from '../../test/support/fake-network.js'
import { plantedOnce } from '../../test/support/planted.js'
import { create, createAssignment, createGranted, happen, happenTo } from '../../test/support/sessions.js'
import { Gate, quiet, until } from '../../test/support/waiting.js'
import { openWorkerWorld, type WorkerWorld } from '../../test/support/worker.js'
import type { Assignment } from '../domain/assignment.js'
import { reservationIdOf, resourceIdOf } from '../domain/resource.js'
import { at, NOON, TERMS } from '../domain/session.fixture.js'
import { type Answer, NetworkUnreachable } from '../ports/network.js'
import type { Stored } from '../ports/store/sessions.js'
import { NetworkDriver, type NetworkDriverDeps } from './network-driver.js'

let world: WorkerWorld
let network: FakeNetwork
let drivers: NetworkDriver[]

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  world = await openWorkerWorld()
  network = new FakeNetwork()
  drivers = []
})
afterEach(async () => {
  await Promise.all(drivers.map((driver) => driver.stop()))
  await world.close()
  vi.useRealTimers()
})

async function start(deps: Partial<NetworkDriverDeps> = {}): Promise<NetworkDriver> {
  const driver = new NetworkDriver({ ...world, network, ...deps })
  drivers.push(driver)
  await driver.start()
  return driver
}

const find = async ({ session }: { session: { id: SessionId } }) =>
  (await world.store.sessions.find(session.id))?.session
const rsv = ({ session }: Stored) => reservationIdOf(session.id)
const remove = (stored: Stored) =>
  happen(world.store.sessions, stored, { type: 'delete', released: false }, world.clock.now())
const otherDevice = { device: 'device-2' as DeviceId }
const unreachable = () => Promise.reject(new NetworkUnreachable('the line is cut'))
const noTasks = () => world.store.work.countTasks(TERMS.network).then((count) => count === 0)

/** What must not compile: "the session's id passed where the network's id belongs". */
export const confused = (session: SessionId) => {
  // @ts-expect-error the network knows reservations
  void network.release(session, 1)
  // @ts-expect-error the store knows sessions
  void world.store.sessions.find(reservationIdOf(session))
}

describe('carrying out the network tasks of the store', () => {
  it('asks for an assignment as what it is, lets go of it when it is revoked, and tells of that then', async () => {
    const { session } = await createAssignment(world.store.sessions)
    await start()
    await until(noTasks)
    expect(network.calls).toEqual([
      {
        do: 'assign',
        reservation: {
          id: `rsv-${session.id}`,
          version: 1,
          device: session.addresses,
          profile: TERMS.profile.name,
          qos: TERMS.profile.qos,
        },
      },
    ])
    const granted = (await world.store.sessions.find(session.id)) as Stored<Assignment>
    expect(granted.session).toMatchObject({ status: 'AVAILABLE', startedAt: NOON })
    await happenTo(world.store.sessions, granted, { type: 'delete', released: false }, at(5))
    await until(noTasks)
    expect(network.calls[1]).toEqual({ do: 'release', id: `rsv-${session.id}`, version: 3 })
    expect((await world.store.sessions.find(session.id))?.session).toMatchObject({
      status: 'UNAVAILABLE',
      statusInfo: 'DELETE_REQUESTED',
    })
    expect(await world.store.events.ofSession(session.id, 1)).toMatchObject([{ ordinal: 2 }])
  })

  it('ends an assignment on a network that has no such thing, and does not ask it', async () => {
    const { session } = await createAssignment(world.store.sessions)
    Object.defineProperty(network, 'assign', { value: undefined })
    await start()
    await until(noTasks)
    expect(network.asked()).toEqual(['release 2'])
    expect((await world.store.sessions.find(session.id))?.session).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'this network cannot hold a profile for all flows of a device',
    })
    expect(world.logged).toEqual(['info: an assignment was refused'])
  })

  it('asks for exactly what the session is ["the session\'s id passed where the network\'s id belongs"]', async () => {
    const stored = await create(world.store.sessions)
    await start()
    await until(noTasks)
    expect(network.calls).toEqual([
      {
        do: 'reserve',
        reservation: {
          id: `rsv-${stored.session.id}`,
          version: 1,
          flow: stored.session.flow,
          profile: TERMS.profile.name,
          qos: TERMS.profile.qos,
          duration: 3600,
        },
      },
    ])
    const extended = await happen(
      world.store.sessions,
      (await world.store.sessions.find(stored.session.id)) as Stored,
      { type: 'extend', by: seconds(60) },
      at(1),
    )
    await until(noTasks)
    expect(network.calls[1]).toMatchObject({
      do: 'reserve',
      reservation: { id: rsv(stored), version: extended.version, duration: 3660, until: at(3660) },
    })
    await remove(extended)
    await until(noTasks)
    expect(network.calls[2]).toEqual({ do: 'release', id: rsv(stored), version: 4 })
    expect(network.calls).toHaveLength(3)
  })

  it('calls the network after the session is stored ["the network called before the first save"]', async () => {
    const known: unknown[] = []
    network.onReserve = async ({ id }) => {
      known.push(await world.store.sessions.find(resourceIdOf(id)))
      return { result: 'granted', at: NOON }
    }
    await start()
    const stored = await create(world.store.sessions)
    await until(noTasks)
    expect(known).toEqual([stored])
  })

  it('shortens a session as the network does, unless a later request is unanswered', async () => {
    network.onReserve = async () => ({ result: 'granted', at: NOON, until: at(600) })
    await start()
    const stored = await create(world.store.sessions)
    await until(noTasks)
    expect(await find(stored)).toMatchObject({ status: 'AVAILABLE', expiresAt: at(600), duration: 600 })
    const gates = [new Gate(), new Gate()]
    network.onReserve = async ({ version }) => {
      await gates[version - 3]?.opened
      return { result: 'granted', at: NOON, until: at(version === 3 ? 700 : 900) }
    }
    const extend = async (by: number) =>
      happen(
        world.store.sessions,
        (await world.store.sessions.find(stored.session.id)) as Stored,
        { type: 'extend', by: seconds(by) },
        at(1),
      )
    await extend(200)
    await until(() => network.calls.length === 2)
    await extend(200)
    gates[0]?.open()
    await until(() => network.calls.length === 3)
    expect(await find(stored)).toMatchObject({ expiresAt: at(1_000) })
    gates[1]?.open()
    await until(noTasks)
    expect(await find(stored)).toMatchObject({ expiresAt: at(900), duration: 900 })
  })

  it("stores what is granted, since the network's own time, and what is refused", async () => {
    network.onReserve = async ({ id }) =>
      id === rsv(granted) ? { result: 'granted', at: at(-2) } : { result: 'refused', reason: 'full' }
    const granted = await create(world.store.sessions)
    const refused = await create(world.store.sessions)
    await start()
    await until(async () => (await find(refused))?.status === 'UNAVAILABLE' && (await noTasks()))
    expect(await find(granted)).toMatchObject({ status: 'AVAILABLE', startedAt: at(-2), expiresAt: at(3598) })
    expect(await find(refused)).toMatchObject({ statusInfo: 'NETWORK_TERMINATED' })
    // A refused reservation is released as well.
    expect(network.asked(rsv(refused))).toEqual(['reserve 1', 'release 2'])
  })

  it('forgets a deleted session once the network has released it, and keeps one that ended', async () => {
    await start()
    const [gone, ended] = [await create(world.store.sessions), await create(world.store.sessions, otherDevice)]
    await until(noTasks)
    const stored = await Promise.all([gone, ended].map(({ session }) => world.store.sessions.find(session.id)))
    await remove(stored[0] as Stored)
    await happen(world.store.sessions, stored[1] as Stored, { type: 'timer', released: false }, at(3600))
    await until(noTasks)
    expect(await find(gone)).toBeUndefined()
    expect(await find(ended)).toMatchObject({ status: 'UNAVAILABLE' })
  })

  it('combines the tasks that wait at its start into one call', async () => {
    const stored = await create(world.store.sessions)
    await remove(stored)
    await start()
    await until(noTasks)
    expect(network.asked()).toEqual(['release 2'])
  })

  it('does not touch the tasks of other networks', async () => {
    await start()
    await create(world.store.sessions, { network: 'other' as NetworkId })
    await create(world.store.sessions)
    await until(noTasks)
    await quiet()
    expect(network.calls).toHaveLength(1)
    expect(await world.store.work.countTasks('other' as NetworkId)).toBe(1)
  })

  it('reports the result of every call', async () => {
    const answers: string[] = []
    network.onReserve = async () => ({ result: 'refused', reason: 'full' })
    await create(world.store.sessions)
    await start({ onAnswer: (task, result) => void answers.push(`${task} ${result}`) })
    await until(noTasks)
    expect(answers).toEqual(['reserve refused', 'release released'])
  })

  it('settles a task that the network calls stale', async () => {
    network.onReserve = async () => ({ result: 'stale' })
    const stored = await create(world.store.sessions)
    await start()
    await until(noTasks)
    expect(await find(stored)).toEqual(stored.session)
    expect(network.calls).toHaveLength(1)
  })

  it('carries out all tasks, even if there are more than it takes at a time', async () => {
    const gate = new Gate()
    network.onReserve = async () => {
      await gate.opened
      return { result: 'granted', at: NOON }
    }
    const count = 4_500
    await Promise.all(
      Array.from({ length: count }, (_, n) => create(world.store.sessions, { device: `device-${n}` as DeviceId })),
    )
    await start()
    await until(() => network.calls.length > 0)
    await quiet()
    const atOnce = network.calls.length
    expect(atOnce).toBeLessThan(count)
    gate.open()
    await until(noTasks)
    expect(network.calls).toHaveLength(count)
  })
})

describe('the tasks of one device', () => {
  it('run one after another, in the order of their commits, while tasks of other devices run in parallel', async () => {
    const gates = new Map<string, Gate>()
    network.onReserve = async ({ id }) => {
      const gate = new Gate()
      gates.set(id, gate)
      await gate.opened
      return { result: 'granted', at: NOON }
    }
    await start()
    const [first, second, third] = [
      await create(world.store.sessions),
      await create(world.store.sessions),
      await create(world.store.sessions),
    ]
    const other = await create(world.store.sessions, otherDevice)
    await until(() => gates.has(rsv(other)))
    await quiet()
    expect([...gates.keys()]).toEqual([rsv(first), rsv(other)])
    gates.get(rsv(first))?.open()
    await until(() => gates.has(rsv(second)))
    await quiet()
    expect(gates.has(rsv(third))).toBe(false)
    for (const stored of [second, third, other]) {
      await until(() => gates.has(rsv(stored)))
      gates.get(rsv(stored))?.open()
    }
    await until(noTasks)
  })

  it('never let a reserve overtake an earlier release', async () => {
    const gate = new Gate()
    network.onRelease = async () => {
      await gate.opened
      return 'released'
    }
    await start()
    const old = await create(world.store.sessions)
    await until(noTasks)
    await remove((await world.store.sessions.find(old.session.id)) as Stored)
    const { flow } = old.session
    const next = await create(world.store.sessions, { flow })
    await until(() => network.calls.length === 2)
    await quiet()
    expect(network.asked(rsv(next))).toEqual([])
    gate.open()
    await until(noTasks)
    expect(network.asked(rsv(next))).toEqual(['reserve 1'])
  })

  it('drop a task that a later one has replaced while it waited', async () => {
    const gate = new Gate()
    network.onReserve = async () => {
      await gate.opened
      return { result: 'granted', at: NOON }
    }
    await start()
    await create(world.store.sessions)
    const waiting = await create(world.store.sessions)
    await until(() => network.calls.length === 1)
    await remove(waiting)
    await quiet()
    gate.open()
    await until(noTasks)
    expect(network.asked(rsv(waiting))).toEqual(['release 2'])
  })
})

describe('an unreachable network', () => {
  it('is asked again, at growing intervals ["the row deleted before the network let go"]', async () => {
    await start()
    const stored = await create(world.store.sessions)
    await until(noTasks)
    network.onRelease = unreachable
    await remove((await world.store.sessions.find(stored.session.id)) as Stored)
    const attempts = () => network.calls.length - 1
    await until(() => attempts() === 1)
    for (const waitMs of [200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 30_000]) {
      await quiet()
      const before = attempts()
      await world.clock.moveBy(waitMs - 1)
      expect(attempts()).toBe(before)
      await world.clock.moveBy(1)
      expect(attempts()).toBe(before + 1)
    }
    expect(await find(stored)).toMatchObject({ status: 'RELEASING' })
    expect(new Set(world.logged)).toEqual(new Set(['warn: the network could not be reached']))
    network.onRelease = async () => 'released'
    await world.clock.moveBy(30_000)
    expect(await find(stored)).toBeUndefined()
    expect(await noTasks()).toBe(true)
  })

  it('is not asked for as long as it says, up to five minutes', async () => {
    const busy = (retryAfterMs: number) => () => Promise.reject(new NetworkUnreachable('busy', { retryAfterMs }))
    await start()
    network.onReserve = busy(7_000)
    const stored = await create(world.store.sessions)
    await until(() => network.calls.length === 1)
    for (const waitMs of [7_000, 300_000]) {
      network.onReserve = busy(86_400_000)
      await quiet()
      const before = network.calls.length
      await world.clock.moveBy(waitMs - 1)
      expect(network.calls).toHaveLength(before)
      await world.clock.moveBy(1)
      expect(network.calls).toHaveLength(before + 1)
    }
    expect(await find(stored)).toMatchObject({ status: 'REQUESTED' })
  })

  it('is not asked again for a task that was replaced', async () => {
    network.onReserve = unreachable
    await start()
    const stored = await create(world.store.sessions)
    await until(() => network.calls.length === 1)
    await remove(stored)
    await quiet()
    await world.clock.moveBy(60_000)
    expect(network.asked()).toEqual(['reserve 1', 'release 2'])
    expect(await find(stored)).toBeUndefined()
  })

  it('is asked again when its answer could not be stored', async () => {
    const stored = await create(world.store.sessions)
    const failing = () => Promise.reject(new Error('the disk is full'))
    await start(plantedOnce(world.store, 'sessions', 'commit', failing))
    await until(() => world.logged.length > 0)
    expect(world.logged).toEqual(['error: the network could not be reached'])
    await world.clock.moveBy(200)
    expect(await find(stored)).toMatchObject({ status: 'AVAILABLE' })
    expect(network.asked()).toEqual(['reserve 1', 'reserve 1'])
  })
})

describe('a network that answers late', () => {
  const pending = async (): Promise<Answer> => ({ result: 'pending' })

  /** The time after which what was claimed and not settled is told again. */
  async function passLease(): Promise<void> {
    world.passRealTime(60_000)
    vi.advanceTimersByTime(60_000)
    await quiet()
  }

  it('is asked again for what it left pending, as its event may have been missed', async () => {
    network.onReserve = pending
    const stored = await create(world.store.sessions)
    await start()
    await until(() => network.calls.length === 1)
    await quiet()
    expect(await world.store.sessions.hasTask(stored.session.id)).toBe(true)
    network.onReserve = async () => ({ result: 'granted', at: at(20) })
    await passLease()
    await until(noTasks)
    expect(network.asked()).toEqual(['reserve 1', 'reserve 1'])
    expect(await find(stored)).toMatchObject({ status: 'AVAILABLE', startedAt: at(20) })
  })

  it('is believed when it reports by itself: granted, refused, lost', async () => {
    network.onReserve = pending
    const all = [
      await create(world.store.sessions),
      await create(world.store.sessions),
      await create(world.store.sessions),
    ] as const
    await start()
    await until(() => network.calls.length === 3)
    const [granted, refused, lost] = all
    network.tell({ type: 'granted', id: rsv(granted), at: at(5) })
    network.tell({ type: 'refused', id: rsv(refused), reason: 'full' })
    network.tell({ type: 'granted', id: rsv(lost), at: at(5) })
    network.tell({ type: 'lost', id: rsv(lost), reason: 'gone' })
    await until(noTasks)
    expect(await find(granted)).toMatchObject({ status: 'AVAILABLE', startedAt: at(5) })
    expect(await find(refused)).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    expect(await find(lost)).toMatchObject({
      status: 'UNAVAILABLE',
      statusInfo: 'NETWORK_TERMINATED',
      startedAt: at(5),
    })
    expect(network.asked(rsv(lost))).toEqual(['reserve 1', 'release 3'])
  })

  it('is still sent the release when its grant comes after the session was deleted', async () => {
    network.onReserve = pending
    const stored = await create(world.store.sessions)
    const first = await start()
    await until(() => network.calls.length === 1)
    await first.stop()
    await remove(stored)
    // The driver that hears the grant has not come to the release yet.
    network.onRelease = unreachable
    await start()
    await until(() => network.calls.length === 2)
    network.tell({ type: 'granted', id: rsv(stored), at: at(5) })
    await quiet()
    expect(await world.store.sessions.hasTask(stored.session.id)).toBe(true)
    network.onRelease = async () => 'released'
    await world.clock.moveBy(1_000)
    expect(await find(stored)).toBeUndefined()
  })

  it('is still sent an extension when it repeats its first grant', async () => {
    await start()
    const stored = await create(world.store.sessions)
    await until(noTasks)
    network.onReserve = unreachable
    const available = (await world.store.sessions.find(stored.session.id)) as Stored
    await happen(world.store.sessions, available, { type: 'extend', by: seconds(60) }, at(1))
    await until(() => network.calls.length === 2)
    network.tell({ type: 'granted', id: rsv(stored), at: NOON })
    await quiet()
    expect(await world.store.sessions.hasTask(stored.session.id)).toBe(true)
    network.onReserve = async () => ({ result: 'granted', at: NOON })
    await world.clock.moveBy(1_000)
    expect(await noTasks()).toBe(true)
  })

  it('does no harm with events about unknown sessions', async () => {
    await start()
    const id = reservationIdOf('019748a0-0000-7000-8000-ffffffffffff' as SessionId)
    network.tell({ type: 'lost', id, reason: 'gone' })
    network.tell({ type: 'granted', id, at: NOON })
    await quiet()
    expect(world.logged).toEqual(['info: a session was lost'])
  })
})

describe('a driver that is stopped', () => {
  it('finishes the tasks under way, and leaves the rest to the next leader', async () => {
    const gate = new Gate()
    network.onReserve = async () => {
      await gate.opened
      return { result: 'granted', at: NOON }
    }
    const driver = await start()
    const [underWay, waiting] = [await create(world.store.sessions), await create(world.store.sessions)]
    await until(() => network.calls.length === 1)
    let stopped = false
    const stopping = driver.stop().then(() => {
      stopped = true
    })
    const after = await create(world.store.sessions, otherDevice)
    await quiet()
    expect(stopped).toBe(false)
    gate.open()
    await stopping
    expect(await find(underWay)).toMatchObject({ status: 'AVAILABLE' })
    expect(network.calls).toHaveLength(1)
    expect(await find(waiting)).toMatchObject({ status: 'REQUESTED' })

    // Its claims end with its process; here, with their lease.
    world.passRealTime(60_000)
    await start()
    await until(noTasks)
    for (const stored of [waiting, after]) expect(await find(stored)).toMatchObject({ status: 'AVAILABLE' })
  })

  it('does not wait for the next attempt of what has failed', async () => {
    network.onReserve = unreachable
    const driver = await start()
    const stored = await create(world.store.sessions)
    await until(() => network.calls.length === 1)
    await driver.stop()
    expect(world.clock.nextAlarm()).toBeUndefined()
    expect(await world.store.sessions.hasTask(stored.session.id)).toBe(true)
  })

  it('handles no further events', async () => {
    const stored = await createGranted(world.store.sessions)
    const driver = await start()
    await driver.stop()
    network.tell({ type: 'lost', id: rsv(stored), reason: 'gone' })
    await quiet()
    expect(await find(stored)).toMatchObject({ status: 'AVAILABLE' })
  })
})
