// The time of all gateways: the database's. A gateway's own time runs on its monotonic clock, which is never stepped,
// at an offset from the database's that is measured again and again, and corrected so slowly that short waits are not
// affected.

/** The change of the correction in a millisecond: a second takes ten. */
const SLEW = 0.1
/** A gateway that is farther from the database's time than this is not ready. */
const TOLERATED_MS = 1_000
/** Of this many measurements the one with the shortest round trip counts: the others were delayed. */
const REMEMBERED = 8

interface Measurement {
  /** The database's clock minus the monotonic one, in milliseconds. */
  readonly distance: number
  /** The round trip; the answer may be wrong by half of it. */
  readonly roundTrip: number
}

export class DatabaseTime {
  readonly #monotonicNow: () => number
  readonly #wallNow: () => number
  #distance: number
  #target: number
  /** When `#distance` was last moved towards `#target`. */
  #movedAt: number
  #measurements: Measurement[] = []

  /**
   * @param wallNow the machine's clock, in milliseconds since the epoch: it is used until the first measurement, and is
   * compared afterwards
   */
  constructor(wallNow: () => number = Date.now, monotonicNow: () => number = () => performance.now()) {
    this.#monotonicNow = monotonicNow
    this.#wallNow = wallNow
    this.#movedAt = monotonicNow()
    this.#distance = this.#target = wallNow() - this.#movedAt
  }

  /** Milliseconds since the epoch. Never less than before. */
  now(): number {
    const monotonic = this.#monotonicNow()
    const passed = monotonic - this.#movedAt
    if (passed > 0) {
      const missing = this.#target - this.#distance
      this.#distance += Math.sign(missing) * Math.min(Math.abs(missing), passed * SLEW)
      this.#movedAt = monotonic
    }
    return Math.floor(monotonic + this.#distance)
  }

  /**
   * The database said `databaseNow` in answer to a question sent at `askedAt` by the monotonic clock.
   * @param answeredAt by the same clock
   */
  measured(databaseNow: number, askedAt: number, answeredAt: number): void {
    const first = this.#measurements.length === 0
    const measurement = { distance: databaseNow - (askedAt + answeredAt) / 2, roundTrip: answeredAt - askedAt }
    const best = bestOf([...this.#measurements, measurement])
    // A larger difference than the round trip explains: the database has another clock than before.
    const stepped = Math.abs(measurement.distance - best.distance) > (measurement.roundTrip + best.roundTrip) / 2 + 1
    this.#measurements = stepped ? [measurement] : [...this.#measurements, measurement].slice(-REMEMBERED)
    this.now()
    this.#target = bestOf(this.#measurements).distance
    if (first) this.#distance = this.#target
  }

  /** The difference between this gateway's time and the database's, in milliseconds; it is being corrected. */
  get errorMs(): number {
    this.now()
    return this.#distance - this.#target
  }

  /** The difference between the machine's clock and the database's, in milliseconds. Sessions do not use it. */
  get machineOffsetMs(): number {
    return this.#wallNow() - (this.#monotonicNow() + this.#target)
  }

  /** What is wrong with the time, as text; undefined if nothing is. */
  get problem(): string | undefined {
    const [error, offset] = [this.errorMs, this.machineOffsetMs].map(Math.round) as [number, number]
    if (Math.abs(error) > TOLERATED_MS) {
      return (
        `the time here differs from the database's by ${error} ms and is being corrected: its clock was stepped, ` +
        'or another host has taken over'
      )
    }
    if (Math.abs(offset) > TOLERATED_MS) {
      return (
        `this machine's clock differs from the database's by ${offset} ms: check its time service (sessions use ` +
        `the database's clock)`
      )
    }
    return undefined
  }
}

const bestOf = (measurements: readonly Measurement[]): Measurement =>
  measurements.reduce((best, one) => (one.roundTrip < best.roundTrip ? one : best))
