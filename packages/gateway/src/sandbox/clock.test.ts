import { type Instant, instant } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { turn } from '../../test/support/waiting.js'
import { SystemClock } from '../adapters/system-clock.js'
import { at, NOON } from '../domain/session.fixture.js'
import { type OffsetKeeper, SandboxClock } from './clock.js'

/** The machine's time, which stands still but for {@link pass}. */
let wall: number
let saved: number[]
let happened: string[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  wall = NOON
  saved = []
  happened = []
})
afterEach(() => {
  vi.useRealTimers()
})

const keeper: OffsetKeeper = {
  load: async () => saved.at(-1) ?? 0,
  save: async (offsetMs) => {
    await turn()
    saved.push(offsetMs)
  },
}

const start = (offsets: OffsetKeeper = keeper) => SandboxClock.start(new SystemClock(() => wall), offsets)

function pass(ms: number): void {
  wall += ms
  vi.advanceTimersByTime(ms)
}

const secondsOf = (moment: Instant): number => (moment - NOON) / 1000

/** Notes what happens, and when by the clock. */
const note = (clock: SandboxClock, what: string) => () => void happened.push(`${what} at ${secondsOf(clock.now())}`)

describe('the sandbox clock', () => {
  it("runs with the machine's, and rings what real time reaches", async () => {
    const clock = await start()
    clock.alarm(at(2), note(clock, 'rang'))
    pass(1_999)
    expect(happened).toEqual([])
    pass(1)
    expect(happened).toEqual(['rang at 2'])
    expect(clock.nextAlarm()).toBeUndefined()
  })

  it('moves from alarm to alarm, and rings each at its own time', async () => {
    const clock = await start()
    for (const seconds of [30, 10, 10, 20]) clock.alarm(at(seconds), note(clock, `${seconds}`))
    expect(clock.nextAlarm()).toBe(at(10))
    expect(await clock.moveTo(at(25))).toBe(at(25))
    expect(happened).toEqual(['10 at 10', '10 at 10', '20 at 20'])
    expect(clock.nextAlarm()).toBe(at(30))
    await clock.moveBy(5_000)
    expect(happened.slice(3)).toEqual(['30 at 30'])
  })

  it('rings what an alarm sets on the way, in its time', async () => {
    const clock = await start()
    clock.alarm(at(10), () => {
      note(clock, 'first')()
      clock.alarm(at(10), note(clock, 'at once'))
      clock.alarm(at(20), note(clock, 'later'))
    })
    await clock.moveTo(at(60))
    expect(happened).toEqual(['first at 10', 'at once at 10', 'later at 20'])
  })

  it('does not ring what an earlier alarm has cancelled', async () => {
    const clock = await start()
    const second = clock.alarm(at(10), note(clock, 'second'))
    clock.alarm(at(5), () => second.cancel())
    const fourth: { cancel?: () => void } = {}
    clock.alarm(at(20), () => fourth.cancel?.())
    fourth.cancel = clock.alarm(at(20), note(clock, 'fourth')).cancel
    await clock.moveTo(at(60))
    expect(happened).toEqual([])
  })

  it('waits at every alarm until the work that it started is done, before time goes on', async () => {
    const clock = await start()
    const work = async (what: string) => {
      for (let i = 0; i < 5; i++) await turn()
      note(clock, what)()
    }
    clock.alarm(at(10), () => void clock.track(work('slow')))
    clock.alarm(at(11), note(clock, 'next'))
    await clock.moveTo(at(60))
    expect(happened).toEqual(['slow at 10', 'next at 11'])
  })

  it('waits for work that was under way before it moves at all', async () => {
    const clock = await start()
    const work = clock.track(turn().then(note(clock, 'worked')))
    await clock.moveTo(at(60))
    expect(happened).toEqual(['worked at 0'])
    await work
  })

  it('goes on when tracked work fails', async () => {
    const clock = await start()
    clock.alarm(at(10), () => void clock.track(Promise.reject(new Error('failed'))).catch(note(clock, 'failed')))
    await clock.moveTo(at(60))
    expect(happened).toEqual(['failed at 10'])
    expect(clock.now()).toBe(at(60))
  })

  it('wakes work that sleeps, when its time has come, and waits for the rest of it', async () => {
    const clock = await start()
    const work = async () => {
      await clock.sleep(10_000)
      note(clock, 'woke')()
      for (let i = 0; i < 3; i++) await turn()
      await clock.sleep(10_000)
      note(clock, 'woke again')()
    }
    clock.alarm(at(5), () => void clock.track(work()))
    await clock.moveTo(at(15))
    expect(happened).toEqual(['woke at 15'])
    await clock.moveTo(at(60))
    expect(happened).toEqual(['woke at 15', 'woke again at 25'])
  })

  it('wakes work that sleeps when its sleep is aborted, and still waits for it', async () => {
    const clock = await start()
    const controller = new AbortController()
    const work = async () => {
      await clock.sleep(3_600_000, controller.signal)
      await turn()
      note(clock, 'woke')()
      await clock.sleep(3_600_000, controller.signal)
      note(clock, 'did not sleep')()
    }
    const done = clock.track(work())
    controller.abort()
    await clock.moveBy(1_000)
    expect(happened).toEqual(['woke at 0', 'did not sleep at 0'])
    await done
    expect(clock.nextAlarm()).toBeUndefined()
  })

  it('refuses to let work sleep that nobody tracks: it would hold up the clock that is to wake it', async () => {
    const clock = await start()
    await expect(clock.sleep(1_000)).rejects.toThrow('sleep is for work that is being tracked')
    expect(await clock.moveTo(at(1))).toBe(at(1))
  })
})

describe('moving the sandbox clock', () => {
  it('refuses to move back [OUT_OF_RANGE of advanceClock]', async () => {
    const clock = await start()
    await clock.moveTo(at(60))
    await expect(clock.moveTo(at(59))).rejects.toThrow(RangeError)
    await expect(clock.moveTo(at(59))).rejects.toThrow('2026-06-01T12:00:59.000Z has passed')
    expect(clock.now()).toBe(at(60))
  })

  it('carries out moves one after the other: two moves of ten seconds are twenty', async () => {
    const clock = await start()
    clock.alarm(at(10), () => void clock.track(turn().then(note(clock, 'first'))))
    clock.alarm(at(15), note(clock, 'second'))
    const moves = await Promise.all([clock.moveBy(10_000), clock.moveBy(10_000)])
    expect(moves.map(secondsOf)).toEqual([10, 20])
    expect(happened).toEqual(['first at 10', 'second at 15'])
  })

  it('carries out a move after one that was refused', async () => {
    const clock = await start()
    const [refused, moved] = await Promise.allSettled([clock.moveTo(at(-1)), clock.moveBy(1_000)])
    expect([refused?.status, moved?.status]).toEqual(['rejected', 'fulfilled'])
  })

  it('moves to the next alarm, and stays where there is none, or one that is overdue', async () => {
    const clock = await start()
    expect(await clock.moveToNextAlarm()).toBe(NOON)
    clock.alarm(at(7), note(clock, 'rang'))
    expect(await clock.moveToNextAlarm()).toBe(at(7))
    clock.alarm(at(3), note(clock, 'overdue'))
    expect(await clock.moveToNextAlarm()).toBe(at(7))
    expect(happened).toEqual(['rang at 7', 'overdue at 7'])
  })

  it('takes the alarms along that it did not reach: real time rings them as much earlier', async () => {
    const clock = await start()
    clock.alarm(at(60), note(clock, 'rang'))
    await clock.moveTo(at(50))
    pass(9_999)
    expect(happened).toEqual([])
    pass(1)
    expect(happened).toEqual(['rang at 60'])
  })
})

describe('the offset of the sandbox clock', () => {
  it('is saved before it is shown', async () => {
    let clock: SandboxClock | undefined
    const shownWhenSaved: number[] = []
    clock = await start({
      load: async () => 0,
      save: async (offsetMs) => {
        await turn()
        shownWhenSaved.push((clock?.now() ?? 0) - wall)
        saved.push(offsetMs)
      },
    })
    clock.alarm(at(10), () => undefined)
    await clock.moveTo(at(20))
    expect(saved).toEqual([10_000, 20_000])
    expect(shownWhenSaved).toEqual([0, 10_000])
  })

  it('is kept by the next clock', async () => {
    await (await start()).moveTo(at(3600))
    wall += 5_000
    expect((await start()).now()).toBe(at(3605))
  })

  it('never shrinks: time that passed meanwhile makes no move back', async () => {
    const clock = await start()
    await clock.moveTo(at(3600))
    const work = turn().then(() => {
      wall += 5_000
    })
    await Promise.all([clock.track(work), clock.moveTo(at(3601))])
    expect(saved).toEqual([3_600_000])
    expect(clock.now()).toBe(at(3605))
  })

  it('does not move when it cannot be saved, and rings afterwards what is due', async () => {
    const failing = { ...keeper, save: () => Promise.reject(new Error('the store is full')) }
    const clock = await start(failing)
    clock.alarm(instant(at(2)), note(clock, 'rang'))
    await expect(clock.moveTo(at(60))).rejects.toThrow('the store is full')
    expect(clock.now()).toBe(NOON)
    expect(happened).toEqual([])
    pass(2_000)
    expect(happened).toEqual(['rang at 2'])
  })
})
