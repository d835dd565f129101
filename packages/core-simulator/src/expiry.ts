// Ends resources at their expiry time.

import type { Store } from './state/store.js'

/** The longest delay of a Node timer. */
const LONGEST_MS = 2 ** 31 - 1

export class Expiry {
  readonly #store: Store
  readonly #expire: (nowMs: number) => void
  #timer: NodeJS.Timeout | undefined

  /** @param expire ends what has expired by then */
  constructor(store: Store, expire: (nowMs: number) => void) {
    this.#store = store
    this.#expire = expire
  }

  /** Waits for the next expiry. */
  reschedule(): void {
    clearTimeout(this.#timer)
    const next = Math.min(...this.#store.list('nef').map(({ expiresAtMs }) => expiresAtMs ?? Number.POSITIVE_INFINITY))
    if (next === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(
      () => {
        this.#expire(Date.now())
        this.reschedule()
      },
      Math.min(Math.max(next - Date.now(), 0), LONGEST_MS),
    )
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
