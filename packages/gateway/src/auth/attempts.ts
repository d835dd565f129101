/** Limits failed attempts. Kept in memory: a restart resets them. */
export class Attempts {
  readonly #limit: number
  readonly #windowMs: number
  readonly #now: () => number
  readonly #tried = new Map<string, { count: number; since: number; told?: true }>()

  /**
   * @param limit how many within the window
   * @param now milliseconds that only go forward
   */
  constructor({ limit, windowMs, now }: { limit: number; windowMs: number; now: () => number }) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#now = now
  }

  /**
   * Counts an attempt, before it is known how it ends: attempts at the same time are counted too.
   * @returns milliseconds to wait before the next is allowed; 0 if this one is
   */
  take(who: string): number {
    const now = this.#now()
    const known = this.#tried.get(who)
    if (known === undefined || now - known.since >= this.#windowMs) {
      this.#tidy(now)
      this.#tried.set(who, { count: 1, since: now })
      return 0
    }
    if (known.count >= this.#limit) return known.since + this.#windowMs - now
    known.count++
    return 0
  }

  /** Milliseconds to wait before the next attempt is allowed; 0 if it is. Counts nothing. */
  waitOf(who: string): number {
    const known = this.#tried.get(who)
    if (known === undefined || known.count < this.#limit) return 0
    return Math.max(0, known.since + this.#windowMs - this.#now())
  }

  /** Whether there were too many, and this has not been asked since there were. */
  tellOnce(who: string): boolean {
    const known = this.#tried.get(who)
    if (known === undefined || known.count < this.#limit || known.told) return false
    known.told = true
    return true
  }

  /** The attempt succeeded: earlier ones no longer count. */
  forget(who: string): void {
    this.#tried.delete(who)
  }

  /** The last attempt succeeded. Earlier ones still count: others may have made them. */
  giveBack(who: string): void {
    const known = this.#tried.get(who)
    if (known !== undefined) known.count--
  }

  /** No earlier attempt counts any more. */
  clear(): void {
    this.#tried.clear()
  }

  /** Those who were first tried longest ago come first. */
  #tidy(now: number): void {
    for (const [who, { since }] of this.#tried) {
      if (now - since < this.#windowMs) return
      this.#tried.delete(who)
    }
  }
}
