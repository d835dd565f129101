/** A sink of the sandbox itself, for whoever has none: it takes everything and keeps the latest, until the process ends. */
export class SandboxInbox {
  readonly #letters: Letter[] = []

  take(letter: Letter): void {
    this.#letters.push(letter)
    if (this.#letters.length > KEPT) this.#letters.shift()
  }

  /** Newest first. */
  list(): readonly Letter[] {
    return this.#letters.toReversed()
  }

  clear(): void {
    this.#letters.length = 0
  }
}

const KEPT = 500

export interface Letter {
  /** When it came, in milliseconds of real time since the epoch. */
  readonly at: number
  /** The event as it came. */
  readonly event: { readonly [member: string]: unknown }
}
