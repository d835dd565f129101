/** Reads by key: all that is asked for in one turn of the event loop is one statement. */
export class Reads<K, Row> {
  readonly #read: (keys: readonly K[]) => Promise<readonly Row[]>
  readonly #keyOf: (row: Row) => K
  #waiting = new Map<K, { resolve(row: Row | undefined): void; reject(error: unknown): void }[]>()

  constructor(read: (keys: readonly K[]) => Promise<readonly Row[]>, keyOf: (row: Row) => K) {
    this.#read = read
    this.#keyOf = keyOf
  }

  get(key: K): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) setImmediate(() => void this.#readAll())
      const others = this.#waiting.get(key)
      if (others === undefined) this.#waiting.set(key, [{ resolve, reject }])
      else others.push({ resolve, reject })
    })
  }

  async #readAll(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = new Map()
    try {
      for (const row of await this.#read([...waiting.keys()])) {
        const key = this.#keyOf(row)
        for (const { resolve } of waiting.get(key) ?? []) resolve(row)
        waiting.delete(key)
      }
      for (const askers of waiting.values()) for (const { resolve } of askers) resolve(undefined)
    } catch (error) {
      for (const askers of waiting.values()) for (const { reject } of askers) reject(error)
    }
  }
}
