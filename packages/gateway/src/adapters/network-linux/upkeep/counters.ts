// The traffic of classes. The kernel counts per class since its creation; sessions come and go, and links are created
// anew. So counters are kept here as growing sums, and a session's share begins at the class's sum.

import type { Counters } from '../kernel/read-link.js'

export const NOTHING: Counters = { bytes: 0, packets: 0, dropped: 0 }

interface Reading {
  /** The last counters of the kernel. */
  raw: Counters
  /** The sum of all readings. */
  sum: Counters
  bitsPerSecond: number
}

export class Meter {
  readonly #classes = new Map<number, Reading>()
  #total = NOTHING
  #bitsPerSecond = 0
  #readAt: number | undefined

  /** When it was last read, in monotonic milliseconds. */
  get readAt(): number | undefined {
    return this.#readAt
  }

  /** The traffic of all classes since this process began. */
  get total(): Counters {
    return this.#total
  }

  /** The rate of all classes between the last two readings. */
  get bitsPerSecond(): number {
    return this.#bitsPerSecond
  }

  /** @param at monotonic milliseconds */
  read(counters: ReadonlyMap<number, { readonly counters: Counters }>, at: number): void {
    const seconds = (at - (this.#readAt ?? at)) / 1000
    const first = this.#readAt === undefined
    const carriedBefore = this.#total.bytes
    // A class that is not in this reading may come back: a link that is created anew, with its classes.
    for (const [minor, { counters: raw }] of counters) {
      const before = this.#classes.get(minor)
      // A class with lower counters than before was created again.
      const grown = before === undefined || raw.bytes < before.raw.bytes ? raw : minus(raw, before.raw)
      const bitsPerSecond = seconds > 0 && before !== undefined ? Math.round((grown.bytes * 8) / seconds) : 0
      this.#classes.set(minor, { raw, sum: plus(before?.sum ?? NOTHING, grown), bitsPerSecond })
      if (!first) this.#total = plus(this.#total, grown)
    }
    if (seconds > 0) this.#bitsPerSecond = Math.round(((this.#total.bytes - carriedBefore) * 8) / seconds)
    this.#readAt = at
  }

  /** The traffic of a class at its last reading. */
  sumOf(minor: number): Counters {
    return this.#classes.get(minor)?.sum ?? NOTHING
  }

  /** Its rate between the last two readings. */
  rateOf(minor: number): number {
    return this.#classes.get(minor)?.bitsPerSecond ?? 0
  }
}

const plus = (a: Counters, b: Counters): Counters => ({
  bytes: a.bytes + b.bytes,
  packets: a.packets + b.packets,
  dropped: a.dropped + b.dropped,
})

/** Never negative: if the two are not of one class, the difference is unknown. */
export const minus = (a: Counters, b: Counters): Counters => ({
  bytes: Math.max(0, a.bytes - b.bytes),
  packets: Math.max(0, a.packets - b.packets),
  dropped: Math.max(0, a.dropped - b.dropped),
})
