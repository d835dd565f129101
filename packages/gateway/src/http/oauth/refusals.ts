// Limits the cost of refused clients: oidc-provider takes ten times as long to refuse one as we do. Attempts of others
// do not delay a client that was served from the same address before.

import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Attempts } from '../../auth/attempts.js'

const MINUTE_MS = 60_000
/** Of one client from one address, in a minute: more than the security log takes for a mistake. */
const PER_CLIENT = 40
/** From one address, in a minute, of clients that were never served there. */
const PER_ADDRESS = 100
/** Served clients that are remembered, by address. */
const SERVED = 10_000

export class Refusals {
  readonly #byClient: Attempts
  readonly #byAddress: Attempts
  readonly #served = new LRUCache<string, true>({ max: SERVED })
  /** Authorization headers of served clients, by SHA-256: attempts of others in their names do not delay these. */
  readonly #known = new LRUCache<string, true>({ max: SERVED })

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#byClient = new Attempts({ limit: PER_CLIENT, windowMs: MINUTE_MS, now })
    this.#byAddress = new Attempts({ limit: PER_ADDRESS, windowMs: MINUTE_MS, now })
  }

  /**
   * @param client undefined: the request names none
   * @param header Authorization, if the request has one
   * @returns milliseconds for which requests of this client from this address are refused; 0 if none
   */
  waitOf(address: string, client: string | undefined, header?: string): number {
    if (header !== undefined && this.#known.has(digestOf(header))) return 0
    if (client === undefined) return this.#byAddress.waitOf(address)
    const who = nameOf(address, client)
    const wait = this.#byClient.waitOf(who)
    return wait > 0 || this.isServed(address, client) ? wait : this.#byAddress.waitOf(address)
  }

  /** Whether the client was served from the address before, as far as remembered. */
  isServed(address: string, client: string | undefined): client is string {
    return client !== undefined && this.#served.has(nameOf(address, client))
  }

  /** Records a failed authentication. */
  refused(address: string, client: string | undefined, header?: string): void {
    if (header !== undefined) this.#known.delete(digestOf(header))
    if (client !== undefined) this.#byClient.take(nameOf(address, client))
    this.#byAddress.take(address)
  }

  /** Records an invalid request. It does not count for a client that was served from this address before. */
  asksWrongly(address: string, client: string | undefined): void {
    if (!this.isServed(address, client)) this.#byAddress.take(address)
  }

  served(address: string, client: string, header: string | undefined): void {
    this.#served.set(nameOf(address, client), true)
    if (header !== undefined) this.#known.set(digestOf(header), true)
  }
}

const digestOf = (header: string): string => createHash('sha256').update(header).digest('base64')

/** The space separates: no address contains one. */
const nameOf = (address: string, client: string): string => `${address} ${client}`
