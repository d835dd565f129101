import { instant } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NOON } from '../domain/session.fixture.js'
import { SystemClock } from './system-clock.js'

let wall: number
let clock: SystemClock
let rung: number[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  wall = NOON
  clock = new SystemClock(() => wall)
  rung = []
})
afterEach(() => {
  vi.useRealTimers()
})

/** Time passes on both clocks of the machine, a millisecond at a time. */
function pass(ms: number): void {
  for (let i = 0; i < ms; i++) {
    wall++
    vi.advanceTimersByTime(1)
  }
}

/** Records the wall clock's time when it rings, from noon. */
const ring = () => void rung.push(wall - NOON)

describe('an alarm of the system clock', () => {
  it.each([[0], [1], [999], [1_000], [1_001], [61_000]])('rings once, %i ms from now, and not before', (ms) => {
    clock.alarm(instant(NOON + ms), ring)
    expect(rung).toEqual([])
    pass(ms)
    vi.advanceTimersByTime(0)
    expect(rung).toEqual([ms])
    pass(5_000)
    expect(rung).toHaveLength(1)
  })

  it('rings soon, but never at once, for a moment that has passed', () => {
    clock.alarm(instant(NOON - 10_000), ring)
    expect(rung).toEqual([])
    vi.advanceTimersByTime(0)
    expect(rung).toEqual([0])
  })

  it('notices within a second that the wall clock was stepped forward over it', () => {
    clock.alarm(instant(NOON + 3_600_000), ring)
    pass(10_500)
    wall += 7_200_000
    pass(1_000)
    expect(rung).toHaveLength(1)
    expect(rung[0]).toBeLessThanOrEqual(10_500 + 7_200_000 + 1_000)
  })

  it('keeps waiting when the wall clock was stepped back, and rings by it', () => {
    clock.alarm(instant(NOON + 500), ring)
    pass(400)
    wall -= 10_000
    pass(10_099)
    expect(rung).toEqual([])
    pass(1)
    expect(rung).toEqual([500])
  })

  it('does not ring early when a timer fires early', () => {
    clock.alarm(instant(NOON + 500), ring)
    vi.advanceTimersByTime(499)
    wall += 499
    vi.advanceTimersByTime(1)
    expect(rung).toEqual([])
    pass(1)
    expect(rung).toEqual([500])
  })

  it('does not ring once it is cancelled, however long it has waited', () => {
    const alarms = [500, 1_500, 3_600_000].map((ms) => clock.alarm(instant(NOON + ms), ring))
    pass(400)
    alarms[0]?.cancel()
    pass(800)
    alarms[1]?.cancel()
    alarms[2]?.cancel()
    pass(10_000)
    expect(rung).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a sleep by the system clock', () => {
  it('is measured by the monotonic clock: steps of the wall clock neither stall nor shorten it', async () => {
    let awake = false
    const slept = clock.sleep(1_000).then(() => {
      awake = true
    })
    wall -= 3_600_000
    await vi.advanceTimersByTimeAsync(999)
    wall += 7_200_000
    expect(awake).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await slept
  })

  it('ends at once when it is aborted, and leaves nothing behind', async () => {
    const controller = new AbortController()
    const slept = clock.sleep(30_000, controller.signal)
    controller.abort()
    await slept
    await clock.sleep(30_000, controller.signal)
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('does not wait for work: nobody moves this clock', async () => {
  expect(clock.now()).toBe(NOON)
  await expect(clock.track(Promise.resolve('done'))).resolves.toBe('done')
  await expect(clock.track(Promise.reject(new Error('failed')))).rejects.toThrow('failed')
})
