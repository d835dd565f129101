import { seconds } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planted, plantedOnce } from '../../test/support/planted.js'
import { create, createGranted, happen } from '../../test/support/sessions.js'
import { Gate, quiet, until } from '../../test/support/waiting.js'
import { openWorkerWorld, type WorkerWorld } from '../../test/support/worker.js'
import { at, NOON } from '../domain/session.fixture.js'
import type { Stored } from '../ports/store/sessions.js'
import { Timers, type TimersDeps } from './timers.js'

let world: WorkerWorld
let started: Timers[]

beforeEach(async () => {
  world = await openWorkerWorld()
  started = []
})
afterEach(async () => {
  for (const timers of started) await timers.stop()
  await world.close()
})

function start(deps: Partial<TimersDeps> = {}): Timers {
  const timers = new Timers({ ...world, ...deps })
  timers.start()
  started.push(timers)
  return timers
}

const statusOf = async ({ session }: Stored) => (await world.store.sessions.find(session.id))?.session.status

const failing = () => Promise.reject(new Error('the disk is full'))

describe('timers', () => {
  it('end what is overdue at the start at once', async () => {
    const { store, clock } = world
    const overdue = [await createGranted(store.sessions), await create(store.sessions)]
    await clock.moveTo(at(3_700))
    start()
    await until(async () => (await Promise.all(overdue.map(statusOf))).every((status) => status === 'UNAVAILABLE'))
    const [expired] = await Promise.all(overdue.map(({ session }) => store.sessions.find(session.id)))
    expect(expired?.session).toMatchObject({ statusInfo: 'DURATION_EXPIRED', endedAt: at(3_600) })
  })

  it('sleep until the next one is due, and no less', async () => {
    const { store, clock } = world
    start()
    const stored = await createGranted(store.sessions)
    await clock.moveTo((at(3_600) - 1) as typeof NOON)
    expect(await statusOf(stored)).toBe('AVAILABLE')
    await clock.moveTo(at(3_600))
    expect(await statusOf(stored)).toBe('UNAVAILABLE')
    await clock.moveTo(at(3_960))
    expect(await statusOf(stored)).toBe('RELEASING')
  })

  it('wake for what is set while they sleep, if it is due earlier', async () => {
    const { store, clock } = world
    await createGranted(store.sessions)
    start()
    await until(() => clock.nextAlarm() === at(3_600))
    const requested = await create(store.sessions)
    expect(clock.nextAlarm()).toBe(requested.session.setUpBy)
    await clock.moveTo(at(30))
    expect(await statusOf(requested)).toBe('UNAVAILABLE')
    expect(clock.nextAlarm()).toBe(at(390))
  })

  it('sleep until the end of a session that is granted, not until its set-up would have been too long', async () => {
    const { store, clock } = world
    start()
    const stored = await create(store.sessions)
    await until(() => clock.nextAlarm() === at(30))
    const granted = await happen(store.sessions, stored, { type: 'granted', at: NOON }, NOON, stored.version)
    await until(() => clock.nextAlarm() === at(3_600))
    await happen(store.sessions, granted, { type: 'delete', released: false }, NOON)
    await until(() => clock.nextAlarm() === undefined)
  })

  it('sleep no longer than until the next one when another session is granted', async () => {
    const { store, clock } = world
    start()
    const [first, second] = [await create(store.sessions), await create(store.sessions, { setUpBy: at(20) })]
    await happen(store.sessions, first, { type: 'granted', at: NOON }, NOON, first.version)
    await until(() => clock.nextAlarm() === second.session.setUpBy)
    await clock.moveTo(at(20))
    expect(await statusOf(second)).toBe('UNAVAILABLE')
  })

  it('sleep on when a session is extended after its timer was claimed', async () => {
    const { store, clock } = world
    const stored = await createGranted(store.sessions)
    await clock.moveTo(at(3_599))
    const planting = plantedOnce(store, 'work', 'claimTimers', async (now, limit, leaseMs) => {
      const claimed = await store.work.claimTimers(now, limit, leaseMs)
      // By somebody who looked before the end.
      await happen(store.sessions, stored, { type: 'extend', by: seconds(100) }, at(3_599))
      return claimed
    })
    await clock.moveTo(at(3_600))
    start({ store: planting.store })
    await until(() => clock.nextAlarm() === at(3_700))
    await quiet()
    expect(planting.calls()).toBeGreaterThan(1)
    expect(await statusOf(stored)).toBe('AVAILABLE')
    expect(await store.events.ofSession(stored.session.id, 0)).toHaveLength(1)
    await clock.moveTo(at(3_700))
    expect((await store.sessions.find(stored.session.id))?.session).toMatchObject({
      statusInfo: 'DURATION_EXPIRED',
      duration: 3_700,
    })
  })

  it('end many at one time, each once', async () => {
    const { store, clock } = world
    const all = await Promise.all(
      Array.from({ length: 1_200 }, (_, n) => createGranted(store.sessions, { device: `device-${n}` as never })),
    )
    start()
    await clock.moveTo(at(3_600))
    for (const stored of all) {
      expect(await statusOf(stored)).toBe('UNAVAILABLE')
      expect(await store.events.ofSession(stored.session.id, 0)).toHaveLength(2)
    }
  })

  it('end other sessions while one commit is still under way', async () => {
    const { store, clock } = world
    const all = await Promise.all(
      Array.from({ length: 150 }, (_, n) => createGranted(store.sessions, { device: `device-${n}` as never })),
    )
    const gate = new Gate()
    const slow = planted(store, 'sessions', 'commit', (commit) => async (change) => {
      if (change.id === all[0]?.session.id) await gate.opened
      return commit(change)
    })
    start({ store: slow })
    const moved = clock.moveTo(at(3_600))
    const ended = async () => (await Promise.all(all.map(statusOf))).filter((status) => status === 'UNAVAILABLE').length
    await until(async () => (await ended()) === all.length - 1)
    gate.open()
    await moved
    expect(await ended()).toBe(all.length)
  })

  it('report how late they were', async () => {
    const { store, clock } = world
    await createGranted(store.sessions)
    await clock.moveTo(at(3_605))
    const late: number[] = []
    start({ onFired: (ms) => void late.push(ms) })
    await until(() => late.length > 0)
    expect(late).toEqual([5_000])
  })

  it('look again after a second when the store could not be read', async () => {
    const { store, clock } = world
    const stored = await createGranted(store.sessions)
    await clock.moveTo(at(3_600))
    start({ store: plantedOnce(world.store, 'work', 'claimTimers', failing).store })
    await until(() => world.logged.length > 0)
    expect(world.logged).toEqual(['error: timers could not be read: trying again'])
    expect(await statusOf(stored)).toBe('AVAILABLE')
    await clock.moveTo(at(3_601))
    expect(await statusOf(stored)).toBe('UNAVAILABLE')
  })

  it('fire again after a second what could not be stored, and the others meanwhile', async () => {
    const { store, clock } = world
    const stored = [await createGranted(store.sessions), await createGranted(store.sessions)]
    await clock.moveTo(at(3_600))
    const { store: unwritable } = plantedOnce(store, 'sessions', 'commit', failing)
    const reading = plantedOnce(unwritable, 'work', 'claimTimers', store.work.claimTimers.bind(store.work))
    start({ store: reading.store })
    await until(() => world.logged.length > 0)
    await quiet()
    expect(world.logged).toEqual(['error: a timer could not be fired: trying again'])
    const statuses = await Promise.all(stored.map(statusOf))
    expect(statuses.sort()).toEqual(['AVAILABLE', 'UNAVAILABLE'])
    // It is claimed, and so it is not asked for again and again until its lease ends.
    expect(reading.calls()).toBeLessThanOrEqual(3)
    await clock.moveTo(at(3_601))
    expect(await Promise.all(stored.map(statusOf))).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
    expect(world.logged.slice(1)).toEqual(['info: timers are fired again'])
  })

  it('log one line for any number of failures and attempts, and one when they fire again', async () => {
    const { store, clock } = world
    const stored = await Promise.all(Array.from({ length: 100 }, () => createGranted(store.sessions)))
    await clock.moveTo(at(3_600))
    let broken = true
    start({
      store: planted(store, 'sessions', 'commit', (commit) => (change) => (broken ? failing() : commit(change))),
    })
    await until(() => world.logged.length > 0)
    for (let second = 1; second <= 30; second++) await clock.moveTo(at(3_600 + second))
    expect(world.logged).toEqual(['error: a timer could not be fired: trying again'])
    broken = false
    await clock.moveTo(at(3_631))
    expect(new Set(await Promise.all(stored.map(statusOf)))).toEqual(new Set(['UNAVAILABLE']))
    expect(world.logged.slice(1)).toEqual(['info: timers are fired again'])
  })

  it('do not miss what falls due while they look for the next one', async () => {
    const { store, clock } = world
    const gate = new Gate()
    const planting = plantedOnce(store, 'work', 'nextTimer', async () => {
      await gate.opened
      // What was read before the session was there.
      return undefined
    })
    start({ store: planting.store })
    await until(() => planting.calls() === 1)
    const stored = await create(store.sessions, { setUpBy: at(1) })
    const moved = clock.moveTo(at(1))
    await quiet()
    gate.open()
    await moved
    await until(async () => (await statusOf(stored)) === 'UNAVAILABLE')
  })

  it('fire nothing once they are stopped, and finish the commits under way', async () => {
    const { store, clock } = world
    const [first, second] = [await createGranted(store.sessions), await create(store.sessions, { setUpBy: at(7_200) })]
    const timers = start()
    await until(() => clock.nextAlarm() === at(3_600))
    const moved = clock.moveTo(at(3_600))
    await until(async () => (await statusOf(first)) === 'UNAVAILABLE')
    await timers.stop()
    await moved
    await clock.moveTo(at(7_300))
    expect(await statusOf(second)).toBe('REQUESTED')
    expect(clock.nextAlarm()).toBeUndefined()
  })
})
