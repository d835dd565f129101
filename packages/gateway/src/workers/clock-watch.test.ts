import { beforeEach, describe, expect, it } from 'vitest'
import { ClockWatch } from './clock-watch.js'

let real: number
let monotonic: number
let logged: unknown[]
let watch: ClockWatch

/** So many seconds pass, and the system clock moves by `jumpS` beside. */
function pass(seconds: number, jumpS = 0): void {
  monotonic += seconds * 1000
  real += (seconds + jumpS) * 1000
  watch.look()
}

beforeEach(() => {
  real = Date.UTC(2030, 0, 1)
  monotonic = 7_000
  logged = []
  const log = (fields: unknown, text: string) => logged.push([fields, text])
  watch = new ClockWatch({
    realNow: () => real,
    monotonicNow: () => monotonic,
    log: { debug: log, info: log, warn: log, error: log },
  })
})

describe('the system clock', () => {
  it('is not reported while it runs at normal speed, clock discipline included', () => {
    for (let n = 0; n < 100; n++) pass(5, n % 2 === 0 ? 1.5 : -1.5)
    expect([logged, watch.warnings]).toEqual([[], []])
  })

  it('is reported once when it jumps forward, with the sessions that ended before and after the jump was noticed', () => {
    pass(5)
    watch.ended(3_590_000)
    watch.ended(12)
    pass(5, 3_600)
    expect(watch.warnings).toEqual(['the system clock jumped forward by 3600 s: 1 session ended at once'])
    watch.ended(3_599_000)
    pass(5)
    pass(5)
    const text = 'the system clock jumped forward by 3600 s: 2 sessions ended at once'
    expect(logged).toEqual([[{ byMs: 3_600_000, ended: 2 }, text]])
    expect(watch.warnings).toEqual([text])
  })

  it('is reported for an hour when it jumps back', () => {
    pass(5, -600)
    pass(5)
    expect(logged).toHaveLength(1)
    expect(watch.warnings).toEqual(['the system clock jumped back by 600 s: sessions last that much longer'])
    pass(3_700)
    expect(watch.warnings).toEqual([])
  })
})
