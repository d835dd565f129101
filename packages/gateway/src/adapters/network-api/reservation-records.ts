// The records of one network, and the alarm for the next one that is due. A write is conditional on the revision that
// was read: a gateway that has fallen behind can write nothing.

import { after, type Instant, instant, type NetworkId, type ReservationId } from '@rightofway/camara'
import type { Alarm, Clock } from '../../ports/clock.js'
import { NetworkUnreachable, type Reservation } from '../../ports/network.js'
import type {
  KeptReservation,
  RemoteReservation,
  RemoteReservationStore,
} from '../../ports/store/remote-reservations.js'

/** Another gateway has written the record meanwhile. */
export class Overtaken extends NetworkUnreachable {}

export type Changes = { readonly [K in keyof RemoteReservation]?: RemoteReservation[K] | undefined }

export interface ReservationRecordsOptions {
  readonly network: NetworkId
  readonly store: RemoteReservationStore
  readonly clock: Clock
  /** Called when a record is due, between start and stop. */
  readonly onDue: () => void
}

/** Ended reservations are remembered for that long: no message is older. */
const REMEMBERED_MS = 3_600_000
/** Before a failed action is retried; the last one repeats. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 15_000, 30_000, 60_000] as const

/** Whether a request has been granted, and is over. */
export const isPast = ({ grantedAt }: RemoteReservation, { until, duration }: Reservation, now: Instant): boolean =>
  grantedAt !== undefined && (until ?? after(grantedAt, duration)) <= now

export class ReservationRecords {
  readonly #options: ReservationRecordsOptions
  #alarm: { readonly at: Instant; readonly alarm: Alarm } | undefined
  #isDriving = false

  constructor(options: ReservationRecordsOptions) {
    this.#options = options
  }

  /** Whether due records are reported: this gateway drives the network. */
  get isDriving(): boolean {
    return this.#isDriving
  }

  start(): void {
    this.#isDriving = true
  }

  stop(): void {
    this.#isDriving = false
    this.#alarm?.alarm.cancel()
    this.#alarm = undefined
  }

  /** A missing record is that of a reservation that ended long ago. */
  async find(id: ReservationId): Promise<KeptReservation> {
    const { network, store } = this.#options
    const kept = await store.find(network, id)
    if (kept !== undefined) return kept
    const over = { version: 0, state: 'expired', attempt: 0, orphans: [], keptUntil: this.now() } as const
    return { record: { network, id, ...over }, revision: 0 }
  }

  /** @throws {Overtaken} */
  async write({ record, revision }: KeptReservation, changes: Changes): Promise<KeptReservation> {
    const { network, store } = this.#options
    const changed = { ...record, ...changes }
    const keptUntil = instant(Math.max(this.now(), changed.until ?? 0) + REMEMBERED_MS)
    const next = { ...changed, keptUntil } as RemoteReservation
    const written = await store.put(next, revision)
    if (written === undefined) throw new Overtaken(`another gateway has asked the network ${network} meanwhile`)
    if (next.actAt !== undefined) this.#armAt(next.actAt)
    return { record: next, revision: written }
  }

  /** Sets the alarm for the next due record. */
  async arm(): Promise<void> {
    const { network, store } = this.#options
    const next = await store.nextAct(network, this.now())
    if (next !== undefined) this.#armAt(next)
  }

  now(): Instant {
    return this.#options.clock.now()
  }

  /** @param waits milliseconds, by the number of earlier waits; the last one repeats */
  soon(waits: readonly number[], times: number): Instant {
    return instant(this.now() + (waits[Math.min(times, waits.length - 1)] as number))
  }

  /** When an action is retried after so many failures. */
  again(times: number): Instant {
    return this.soon(RETRY_MS, times)
  }

  #armAt(at: Instant): void {
    if (!this.#isDriving || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.alarm.cancel()
    const alarm = this.#options.clock.alarm(at, () => {
      this.#alarm = undefined
      if (this.#isDriving) this.#options.onDue()
    })
    this.#alarm = { at, alarm }
  }
}
