/** Changes of one kind, by this gateway and by others. */
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

  /** This gateway has changed something. */
  tell(): void {
    this.hear()
    this.#tellOthers()
  }
}
