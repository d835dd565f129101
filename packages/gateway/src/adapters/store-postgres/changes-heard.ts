/** Changes of one kind, in this gateway and in the others. */
export class ChangesHeard {
  readonly #listeners = new Set<() => void>()
  readonly #tellOthers: () => void

  constructor(tellOthers: () => void) {
    this.#tellOthers = tellOthers
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Another gateway has changed something. */
  hear(): void {
    for (const listener of this.#listeners) listener()
  }

  /** This gateway has. */
  tell(): void {
    this.hear()
    this.#tellOthers()
  }
}
