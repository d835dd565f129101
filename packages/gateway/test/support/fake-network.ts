// A network that does what the test says, call by call, and keeps count of what it was asked.

import type { NetworkId, ReservationId } from '@rightofway/camara'
import { TERMS } from '../../src/domain/session.fixture.js'
import type { Answer, DeviceReservation, Held, Network, NetworkEvent, Reservation } from '../../src/ports/network.js'

export type Call =
  | { readonly do: 'reserve'; readonly reservation: Reservation }
  | { readonly do: 'assign'; readonly reservation: DeviceReservation }
  | { readonly do: 'release'; readonly id: ReservationId; readonly version: number }

export class FakeNetwork implements Network {
  readonly id: NetworkId = TERMS.network
  readonly capabilities = { maxFlowRules: 64, assignments: true }
  /** Everything that it was asked to do, in order. */
  readonly calls: Call[] = []
  readonly #listeners = new Set<(event: NetworkEvent) => void>()

  /** What comes of the next calls. Default: it grants since noon, and lets go. */
  onReserve: (reservation: Reservation | DeviceReservation) => Promise<Answer>
  onRelease: (id: ReservationId, version: number) => Promise<'released' | 'stale'> = async () => 'released'
  onList: (after: ReservationId | undefined, limit: number) => Promise<readonly Held[]> = async () => []

  constructor() {
    this.onReserve = async () => ({ result: 'granted', at: TERMS.createdAt })
  }

  reserve(reservation: Reservation): Promise<Answer> {
    this.calls.push({ do: 'reserve', reservation })
    return this.onReserve(reservation)
  }

  assign(reservation: DeviceReservation): Promise<Answer> {
    this.calls.push({ do: 'assign', reservation })
    return this.onReserve(reservation)
  }

  release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    this.calls.push({ do: 'release', id, version })
    return this.onRelease(id, version)
  }

  list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]> {
    return this.onList(after, limit)
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
  }

  /** What it was asked, in short: `reserve 1` is a reservation of version 1. */
  asked(id?: ReservationId): string[] {
    return this.calls
      .map((call) => (call.do === 'release' ? call : { ...call.reservation, do: call.do }))
      .filter((call) => id === undefined || call.id === id)
      .map((call) => `${call.do} ${call.version}`)
  }
}
