import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Gate, quiet, until } from '../../test/support/waiting.js'
import { openWorkerWorld, type WorkerWorld } from '../../test/support/worker.js'
import { at } from '../domain/session.fixture.js'
import { Retention } from './retention.js'

const TEN_MINUTES_MS = 600_000

let world: WorkerWorld
let calls: unknown[][]
let forgotten: number[]
let tidy: () => Promise<void>
let retention: Retention

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  world = await openWorkerWorld()
  calls = []
  forgotten = []
  tidy = async () => undefined
  const store = {
    ...world.store,
    tidy: (...args: unknown[]) => {
      calls.push(args)
      return tidy()
    },
    audit: {
      ...world.store.audit,
      forget: async (until: number) => {
        forgotten.push(until)
      },
    },
  }
  retention = new Retention({ ...world, store, realNow: () => 4711, historyMs: 7_000, auditMs: 711 })
})
afterEach(async () => {
  await retention.stop()
  await world.close()
  vi.useRealTimers()
})

describe('the retention', () => {
  it('runs every ten minutes of real time: sessions by the clock, the audit log by real time', async () => {
    await world.clock.moveTo(at(3600))
    retention.start()
    vi.advanceTimersByTime(TEN_MINUTES_MS - 1)
    expect(calls).toEqual([])
    vi.advanceTimersByTime(1)
    expect(calls).toEqual([[at(3600), 4711, 7_000]])
    await quiet()
    expect(forgotten).toEqual([4_000])
    vi.advanceTimersByTime(TEN_MINUTES_MS)
    expect(calls).toHaveLength(2)
  })

  it('logs a failure, and tries again', async () => {
    tidy = () => Promise.reject(new Error('the disk is full'))
    retention.start()
    vi.advanceTimersByTime(TEN_MINUTES_MS)
    await until(() => world.logged.length > 0)
    expect(world.logged).toEqual(['error: expired data could not be deleted'])
    vi.advanceTimersByTime(TEN_MINUTES_MS)
    expect(calls).toHaveLength(2)
  })

  it('begins no second round while one is under way', async () => {
    const gate = new Gate()
    tidy = () => gate.opened
    retention.start()
    vi.advanceTimersByTime(3 * TEN_MINUTES_MS)
    expect(calls).toHaveLength(1)
    gate.open()
    await quiet()
    vi.advanceTimersByTime(TEN_MINUTES_MS)
    expect(calls).toHaveLength(2)
  })

  it('waits, when it is stopped, for what it has begun', async () => {
    const gate = new Gate()
    tidy = () => gate.opened
    retention.start()
    vi.advanceTimersByTime(TEN_MINUTES_MS)
    let stopped = false
    const stopping = retention.stop().then(() => {
      stopped = true
    })
    await quiet()
    expect(stopped).toBe(false)
    gate.open()
    await stopping
    vi.advanceTimersByTime(TEN_MINUTES_MS)
    expect(calls).toHaveLength(1)
  })
})
