// Notices when the system clock jumps. Sessions end by that clock: a jump forward ends them early, and operators must
// be told why.

import type { Log } from '../ports/log.js'

/** The interval between two checks, in real time. */
const PERIOD_MS = 5_000
/** Clock discipline (NTP) moves a clock by less in one period. */
const TOLERANCE_MS = 2_000
/** How long `/readyz` reports a jump. */
const TOLD_MS = 3_600_000

export interface ClockWatchDeps {
  /** Milliseconds since the epoch, in real time, also in a sandbox. */
  readonly realNow: () => number
  readonly monotonicNow: () => number
  readonly log: Log
}

interface Jump {
  byMs: number
  /** By the monotonic clock. */
  seenAt: number
  ended: number
  logged: boolean
}

export class ClockWatch {
  readonly #deps: ClockWatchDeps
  #timer: NodeJS.Timeout | undefined
  #real: number
  #monotonic: number
  /** Sessions since the last check that ended later than clock discipline explains. */
  #lateEnds = 0
  #jump: Jump | undefined

  constructor(deps: ClockWatchDeps) {
    this.#deps = deps
    this.#real = deps.realNow()
    this.#monotonic = deps.monotonicNow()
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), PERIOD_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A session has ended. @param latenessMs after its time by the clock: one that a jump ended is late by most of it */
  ended(latenessMs: number): void {
    if (latenessMs > TOLERANCE_MS) this.#lateEnds++
  }

  /** Compares the system clock with the monotonic one. A jump is logged at the next check, with what it ended. */
  look(): void {
    const { realNow, monotonicNow, log } = this.#deps
    const [real, monotonic] = [realNow(), monotonicNow()]
    const byMs = real - this.#real - (monotonic - this.#monotonic)
    this.#real = real
    this.#monotonic = monotonic
    const late = this.#lateEnds
    this.#lateEnds = 0
    if (this.#jump?.logged === false) {
      this.#jump.ended += late
      this.#jump.logged = true
      log.warn({ byMs: Math.round(this.#jump.byMs), ended: this.#jump.ended }, saying(this.#jump))
    }
    if (Math.abs(byMs) > TOLERANCE_MS) this.#jump = { byMs, seenAt: monotonic, ended: late, logged: false }
  }

  /** For `/readyz`: a sentence for an hour after a jump. */
  get warnings(): readonly string[] {
    const jump = this.#jump
    if (jump === undefined || this.#deps.monotonicNow() - jump.seenAt > TOLD_MS) return []
    return [saying(jump)]
  }
}

function saying({ byMs, ended }: Jump): string {
  const how = `the system clock jumped ${byMs > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(byMs) / 1000)} s`
  return byMs > 0
    ? `${how}: ${ended} ${ended === 1 ? 'session' : 'sessions'} ended at once`
    : `${how}: sessions last that much longer`
}
