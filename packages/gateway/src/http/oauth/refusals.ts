// Bounds what clients cost that are refused: the authorization server takes ten times as long to refuse one as we do. A
// client that was served from an address before is not kept waiting by what others try there.

import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Attempts } from '../../auth/attempts.js'

const MINUTE_MS = 60_000
/** Of one client from one address, in a minute: more than the security log takes for a mistake. */
const PER_CLIENT = 40
/** From one address, in a minute, of clients that were never served there. */
const PER_ADDRESS = 100
/** Clients by address that are remembered to have been served. */
const SERVED = 10_000

export class Refusals {
  readonly #byClient: Attempts
  readonly #byAddress: Attempts
  readonly #served = new LRUCache<string, true>({ max: SERVED })
  /** Headers that clients were served by, by SHA-256: whatever others try in their names, these are heard. */
  readonly #known = new LRUCache<string, true>({ max: SERVED })

  /** @param now milliseconds that only go forward */
  constructor(now: () => number) {
    this.#byClient = new Attempts({ limit: PER_CLIENT, windowMs: MINUTE_MS, now })
    this.#byAddress = new Attempts({ limit: PER_ADDRESS, windowMs: MINUTE_MS, now })
  }

  /**
   * @param client undefined: it said nothing
   * @param header in which it shows its secret, if it does
   * @returns milliseconds that this client has to wait before it is heard from this address; 0 if none
   */
  waitOf(address: string, client: string | undefined, header?: string): number {
    if (header !== undefined && this.#known.has(digestOf(header))) return 0
    if (client === undefined) return this.#byAddress.waitOf(address)
    const who = nameOf(address, client)
    const wait = this.#byClient.waitOf(who)
    return wait > 0 || this.isServed(address, client) ? wait : this.#byAddress.waitOf(address)
  }

  /** Whether that client was served from that address before, as far back as is remembered. */
  isServed(address: string, client: string | undefined): client is string {
    return client !== undefined && this.#served.has(nameOf(address, client))
  }

  /** Its authentication failed. */
  refused(address: string, client: string | undefined, header?: string): void {
    if (header !== undefined) this.#known.delete(digestOf(header))
    if (client !== undefined) this.#byClient.take(nameOf(address, client))
    this.#byAddress.take(address)
  }

  /** What it asked for was no request, or nothing that it can have: of a client that is known here that is its own matter. */
  asksWrongly(address: string, client: string | undefined): void {
    if (!this.isServed(address, client)) this.#byAddress.take(address)
  }

  served(address: string, client: string, header: string | undefined): void {
    this.#served.set(nameOf(address, client), true)
    if (header !== undefined) this.#known.set(digestOf(header), true)
  }
}

const digestOf = (header: string): string => createHash('sha256').update(header).digest('base64')

/** No address has a space in it. */
const nameOf = (address: string, client: string): string => `${address} ${client}`
