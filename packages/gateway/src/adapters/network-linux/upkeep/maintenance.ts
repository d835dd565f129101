// Periodic work besides the calls: process ends, read counters, create classes ahead of time, compare the kernel with
// the wanted state.

import type { Instant } from '@rightofway/camara'
import type { Alarm } from '../../../ports/clock.js'
import { Trouble } from '../../../ports/trouble.js'
import { readClasses } from '../kernel/read-link.js'
import { classOperations, idleSpec } from '../plan/htb.js'
import { RENEW_MS } from '../plan/owner.js'
import type { ReservationTable } from '../state/reservation-table.js'
import type { Batches, UpkeepDeps } from './batches.js'

/** Counters are read at least this often. */
const SAMPLE_MS = 10_000
/** Requests for counters get none that are older. */
const FRESH_MS = 1_000
/** Classes wait this long to be read and given back, or until they are this many. */
const DRAIN_MS = 1_000
const DRAIN_COUNT = 256
/**
 * Creating a class takes longer the more there are, and blocks all other work meanwhile: at most this many at once, and
 * as few as take about this many milliseconds.
 */
const GROW_CHUNK = 16
const GROW_MS = 8
const RETRY_MS = 1_000

export interface MaintenanceDeps extends UpkeepDeps {
  readonly table: ReservationTable
  readonly batches: Batches
}

export class Maintenance {
  readonly #deps: MaintenanceDeps
  readonly #trouble: Trouble
  readonly #running = new Set<Promise<unknown>>()
  #alarm: { at: Instant; alarm: Alarm } | undefined
  #sampleTimer: NodeJS.Timeout | undefined
  #renewTimer: NodeJS.Timeout | undefined
  #drainTimer: NodeJS.Timeout | undefined
  #sweepTimer: NodeJS.Timeout | undefined
  #sampling: Promise<void> | undefined
  #growing = false
  #closed = false

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps
    this.#trouble = new Trouble(deps.log, {
      broken: 'housekeeping of the Linux network was not possible: trying again',
      mended: 'housekeeping of the Linux network works again',
    })
    this.#sampleTimer = setInterval(() => this.#background(this.sample()), SAMPLE_MS)
    this.#sampleTimer.unref()
    this.#renewTimer = setInterval(() => this.#background(deps.batches.claim()), RENEW_MS)
    this.#renewTimer.unref()
  }

  /** To be called when calls have been carried out. */
  look(): void {
    if (this.#closed) return
    const { table, reservations } = this.#deps
    this.#setAlarm(table.nextEnd())
    if (reservations.drained >= DRAIN_COUNT) this.#background(this.sample())
    else if (reservations.drained > 0) this.#drainTimer ??= setTimeout(() => this.#drain(), DRAIN_MS)
    this.#grow()
  }

  /** Reads the counters, unless they have just been read. */
  async freshSample(): Promise<void> {
    const { meters, monotonicNow } = this.#deps
    const oldest = Math.min(...[...meters.values()].map(({ readAt }) => readAt ?? Number.NEGATIVE_INFINITY))
    if (monotonicNow() - oldest > FRESH_MS) await this.sample()
  }

  /** Reads the counters; classes that no element referred to before go back to the pool. */
  sample(): Promise<void> {
    this.#sampling ??= this.#sample().finally(() => {
      this.#sampling = undefined
    })
    return this.#sampling
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#alarm?.alarm.cancel()
    clearInterval(this.#sampleTimer)
    clearInterval(this.#renewTimer)
    clearTimeout(this.#drainTimer)
    clearTimeout(this.#sweepTimer)
    await Promise.all(this.#running)
    this.#trouble.close()
  }

  async #sample(): Promise<void> {
    const { reservations, exec, devices, servers, meters, clock, monotonicNow } = this.#deps
    const drained = reservations.takeDrained()
    try {
      for (const egress of [...devices, servers]) {
        const classes = await readClasses(exec, egress)
        meters.get(egress.interface)?.read(classes, monotonicNow())
      }
    } finally {
      reservations.giveBack(drained, clock.now())
    }
  }

  #drain(): void {
    this.#drainTimer = undefined
    this.#background(this.sample())
  }

  // --- ends ---

  #setAlarm(at: Instant | undefined): void {
    if (at === undefined || this.#closed || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.alarm.cancel()
    const { clock, batches } = this.#deps
    const alarm = clock.alarm(at, () => {
      this.#alarm = undefined
      this.#background(clock.track(batches.expire().then(() => this.#sweep())))
    })
    this.#alarm = { at, alarm }
  }

  /** Until nothing lingers. */
  #sweep(): void {
    clearTimeout(this.#sweepTimer)
    if (this.#closed) return
    const nextMs = this.#deps.reservations.sweep()
    if (nextMs !== undefined) this.#sweepTimer = setTimeout(() => this.#sweep(), Math.ceil(nextMs))
    this.look()
  }

  // --- the pool ---

  #grow(): void {
    if (this.#growing) return
    this.#growing = true
    this.#background(
      this.#growAll().finally(() => {
        this.#growing = false
      }),
    )
  }

  async #growAll(): Promise<void> {
    const { reservations, batches, devices, servers } = this.#deps
    let chunk = GROW_CHUNK
    for (const device of devices) {
      for (;;) {
        // On an interface that cannot be used no class can be created; its repair leads back here.
        const isPossible = !this.#closed && batches.problemOf(device) === undefined
        const minors = isPossible ? reservations.pool.missing(device.interface, chunk) : []
        if (minors.length === 0) break
        const pair = { downlink: idleSpec(device), uplink: idleSpec(servers) }
        const operations = minors.flatMap((minor) => [
          ...classOperations(minor, pair.downlink, device),
          ...classOperations(minor, pair.uplink, servers),
        ])
        let tookMs: number | undefined
        try {
          tookMs = Math.max(1, await batches.make(operations))
        } finally {
          reservations.pool.made(minors, tookMs === undefined ? undefined : pair)
        }
        chunk = Math.min(GROW_CHUNK, Math.max(1, Math.round((minors.length * GROW_MS) / tookMs)))
      }
    }
  }

  /** A failure here has no caller: it is recorded, and retried at the next occasion. */
  #background(work: Promise<unknown>): void {
    const done = work
      .then(() => this.#trouble.over())
      .catch((error: unknown) => {
        this.#trouble.failed(error)
        if (!this.#closed) this.#drainTimer ??= setTimeout(() => this.#drain(), RETRY_MS)
      })
      .finally(() => this.#running.delete(done))
    this.#running.add(done)
  }
}
