import { beforeEach, describe, expect, it } from 'vitest'
import { DatabaseTime } from './database-time.js'

const NOON = 1_780_000_000_000

let passed: number
/** By how much this machine's clock is ahead of the database's. */
let ahead: number
let time: DatabaseTime
beforeEach(() => {
  passed = 0
  ahead = 0
  time = new DatabaseTime(
    () => NOON + passed + ahead,
    () => 5_000 + passed,
  )
})

const database = { now: () => NOON + passed }

/** Asks the database for its time; the request and the answer each take this long. */
function measure(thereMs = 1, backMs = thereMs): void {
  const askedAt = 5_000 + passed
  passed += thereMs
  const said = database.now()
  passed += backMs
  time.measured(said, askedAt, 5_000 + passed)
}

describe('the time of a gateway', () => {
  it("is the database's from the first measurement on, whatever the machine's clock", () => {
    ahead = 3_000
    measure()
    expect(time.now()).toBe(database.now())
    expect(time.machineOffsetMs).toBe(3_000)
  })

  it("runs by itself between measurements, unaffected by a step of the machine's clock", () => {
    measure()
    passed += 60_000
    ahead = -5_000
    expect(time.now()).toBe(database.now())
  })

  it('uses the measurement with the shortest round trip, not the latest', () => {
    measure(1)
    measure(0, 200)
    passed += 1_000
    expect(Math.abs(time.now() - database.now())).toBeLessThanOrEqual(1)
  })

  it('is corrected slowly, and never goes back', () => {
    measure()
    const clock = database.now
    database.now = () => clock() - 500
    try {
      measure()
      let last = time.now()
      for (let i = 0; i < 100; i++) {
        passed += 10
        const now = time.now()
        expect(now - last).toBeGreaterThanOrEqual(8)
        expect(now - last).toBeLessThanOrEqual(10)
        last = now
      }
      expect(time.errorMs).toBeCloseTo(400, -1)
      passed += 5_000
      expect(time.now()).toBe(database.now())
    } finally {
      database.now = clock
    }
  })

  it('has no problem within a second, and one beyond, until it is corrected', () => {
    measure()
    const clock = database.now
    try {
      database.now = () => clock() + 900
      measure()
      expect(time.problem).toBeUndefined()
      database.now = () => clock() + 2_900
      // The machine's clock agrees with the database's.
      ahead = 2_900
      measure()
      expect(time.problem).toMatch(/^the time here differs from the database's by -2\d\d\d ms and is being corrected/)
      passed += 25_000
      expect(time.problem).toBeUndefined()
    } finally {
      database.now = clock
    }
  })

  it("reports that the machine's clock is more than a second from the database's", () => {
    ahead = -4_000
    measure()
    expect(time.now()).toBe(database.now())
    expect(time.problem).toMatch(/^this machine's clock differs from the database's by -4000 ms/)
  })
})
