// Rate limits of the authorization server, as a token costs a signature and a write. A token bucket for each client
// that it has served, and for each address of other clients; in memory, so each gateway counts by itself.

import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

/** Burst: the requests of that many seconds may come at once. */
const BURST_S = 2
/** The least recently used bucket is dropped first: it is full again. */
const REMEMBERED = 10_000
/** A site has at least a /64 (RFC 6177), and can send from each of its addresses. */
const SITE_BITS = 64

interface Bucket {
  left: number
  /** When it was last updated. */
  at: number
}

export class Rates {
  readonly #perSecond: number
  readonly #now: () => number
  readonly #buckets = new LRUCache<string, Bucket>({ max: REMEMBERED })

  /** @param now milliseconds of a monotonic clock */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /**
   * Counts a request.
   * @param who a client, or {@link siteOf} an address
   * @returns 0 if it is accepted; otherwise milliseconds until the next can be
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

/** The key of a bucket: an IPv4 address, or the /64 of an IPv6 address. */
export function siteOf(address: string): string {
  const parsed = ipaddr.process(address.replace(/%.*$/, ''))
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${SITE_BITS}`).toString()
}
