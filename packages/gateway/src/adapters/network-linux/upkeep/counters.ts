// What classes have carried. The kernel counts per class since the class was made; sessions come and go, and links are
// made anew. So counters are kept here as sums that only grow, and a session's share begins where the class's sum stood.

import type { Counters } from '../kernel/read-link.js'

export const NOTHING: Counters = { bytes: 0, packets: 0, dropped: 0 }

interface Reading {
  /** As the kernel said last. */
  raw: Counters
  /** All that was ever said. */
  sum: Counters
  bitsPerSecond: number
}

export class Meter {
  readonly #classes = new Map<number, Reading>()
  #total = NOTHING
  #bitsPerSecond = 0
  #readAt: number | undefined

  /** When it was last read, in milliseconds of the monotonic clock. */
  get readAt(): number | undefined {
    return this.#readAt
  }

  /** What all classes together have carried since this process began. */
  get total(): Counters {
    return this.#total
  }

  /** How fast all classes together were between the last two readings. */
  get bitsPerSecond(): number {
    return this.#bitsPerSecond
  }

  /** @param at milliseconds of the monotonic clock */
  read(counters: ReadonlyMap<number, { readonly counters: Counters }>, at: number): void {
    const seconds = (at - (this.#readAt ?? at)) / 1000
    const first = this.#readAt === undefined
    const carriedBefore = this.#total.bytes
    // What is not read any more may come back: a link that is made anew, with the classes it had.
    for (const [minor, { counters: raw }] of counters) {
      const before = this.#classes.get(minor)
      // A class that counts less than before is another one by the same name.
      const grown = before === undefined || raw.bytes < before.raw.bytes ? raw : minus(raw, before.raw)
      const bitsPerSecond = seconds > 0 && before !== undefined ? Math.round((grown.bytes * 8) / seconds) : 0
      this.#classes.set(minor, { raw, sum: plus(before?.sum ?? NOTHING, grown), bitsPerSecond })
      if (!first) this.#total = plus(this.#total, grown)
    }
    if (seconds > 0) this.#bitsPerSecond = Math.round(((this.#total.bytes - carriedBefore) * 8) / seconds)
    this.#readAt = at
  }

  /** What a class had carried when it was last read. */
  sumOf(minor: number): Counters {
    return this.#classes.get(minor)?.sum ?? NOTHING
  }

  /** How fast it was between the last two readings. */
  rateOf(minor: number): number {
    return this.#classes.get(minor)?.bitsPerSecond ?? 0
  }
}

const plus = (a: Counters, b: Counters): Counters => ({
  bytes: a.bytes + b.bytes,
  packets: a.packets + b.packets,
  dropped: a.dropped + b.dropped,
})

/** Never below nothing: where the two are not of one class, nobody knows. */
export const minus = (a: Counters, b: Counters): Counters => ({
  bytes: Math.max(0, a.bytes - b.bytes),
  packets: Math.max(0, a.packets - b.packets),
  dropped: Math.max(0, a.dropped - b.dropped),
})
