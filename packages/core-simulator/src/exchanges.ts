// Requests to the core, and its notifications: for debugging a network function.

import type { Door } from './faults.js'

export interface Exchange {
  /** Counts from 1 in each process. */
  readonly number: number
  readonly at: string
  readonly kind: 'request' | 'notification'
  /** `unknown`: no operation has this path and method. */
  readonly door: Door | 'unknown'
  /** Of a request: its operation. */
  readonly operation?: string
  readonly method: string
  /** Path of a request, URL of a notification. */
  readonly url: string
  /** `2.0`, `1.1` */
  readonly httpVersion?: string
  readonly body?: unknown
  /** Absent until, and unless, there is an answer. */
  readonly status?: number
  readonly answer?: unknown
  /** Why there is no answer. */
  readonly error?: string
  /** Of a request: the kind of the fault that applied to it. */
  readonly fault?: string
  /** Of a request: another one for the same resource was still unanswered. Open5GS can crash in that case. */
  readonly overlaps?: true
}

const KEPT = 1000

/** The last thousand exchanges, kept in memory only. */
export class Exchanges {
  readonly #entries: Exchange[] = []
  readonly #listeners = new Set<(exchange: Exchange) => void>()
  #count = 0
  #overlaps = 0

  add(exchange: Omit<Exchange, 'number' | 'at'>): void {
    this.#count += 1
    if (exchange.overlaps) this.#overlaps += 1
    const entry = { number: this.#count, at: new Date().toISOString(), ...exchange }
    this.#entries.push(entry)
    if (this.#entries.length > KEPT) this.#entries.shift()
    for (const listener of this.#listeners) listener(entry)
  }

  /** Requests that arrived while another one for the same resource was unanswered. */
  get overlaps(): number {
    return this.#overlaps
  }

  after(number: number): readonly Exchange[] {
    return this.#entries.filter((entry) => entry.number > number)
  }

  /** @returns stops it */
  watch(listener: (exchange: Exchange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
