/** Reads by key: all of one turn of the event loop are one statement. */
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
      if (this.#waiting.size === 0) setImmediate(() => this.#readAll())
      const others = this.#waiting.get(key)
      if (others === undefined) this.#waiting.set(key, [{ resolve, reject }])
      else others.push({ resolve, reject })
    })
  }

  #readAll(): void {
    const waiting = this.#waiting
    this.#waiting = new Map()
    this.#read([...waiting.keys()])
      .then((rows) => {
        for (const row of rows) {
          const key = this.#keyOf(row)
          for (const { resolve } of waiting.get(key) ?? []) resolve(row)
          waiting.delete(key)
        }
        for (const askers of waiting.values()) for (const { resolve } of askers) resolve(undefined)
      })
      .catch((error: unknown) => {
        for (const askers of waiting.values()) for (const { reject } of askers) reject(error)
      })
  }
}
