// How often the authorization server is asked: a token costs it a signature and a write. A token bucket for each client
// that it has served, and for each address of those that it has not; in memory, so each gateway counts for itself.

import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

/** The requests of that many seconds may come at once. */
const BURST_S = 2
/** Whoever asked longest ago is forgotten first: their bucket is full again. */
const REMEMBERED = 10_000
/** One site has a /64 at least (RFC 6177), and can ask from each of its addresses. */
const SITE_BITS = 64

interface Bucket {
  left: number
  /** When it was last looked at. */
  at: number
}

export class Rates {
  readonly #perSecond: number
  readonly #now: () => number
  readonly #buckets = new LRUCache<string, Bucket>({ max: REMEMBERED })

  /** @param now milliseconds that only go forward */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /**
   * Counts a request.
   * @param who a client, or {@link siteOf} an address
   * @returns milliseconds to wait before the next is taken; 0 if this one is
   */
  take(who: string): number {
    const now = this.#now()
    const burst = this.#perSecond * BURST_S
    const bucket = this.#buckets.get(who) ?? { left: burst, at: now }
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * this.#perSecond)
    bucket.at = now
    this.#buckets.set(who, bucket)
    if (bucket.left < 1) return ((1 - bucket.left) / this.#perSecond) * 1000
    bucket.left--
    return 0
  }
}

/** What is counted together: an IPv4 address, or the /64 of an IPv6 address. */
export function siteOf(address: string): string {
  const parsed = ipaddr.process(address.replace(/%.*$/, ''))
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${SITE_BITS}`).toString()
}
