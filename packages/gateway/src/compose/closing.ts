/** Closes what was opened, in reverse order. */
export class Closing {
  readonly #opened: { close(): unknown }[] = []
  #closed: Promise<void> | undefined

  push<T extends { close(): unknown }>(opened: T): T {
    this.#opened.push(opened)
    return opened
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const opened of this.#opened.reverse()) await opened.close()
    })()
    return this.#closed
  }
}
