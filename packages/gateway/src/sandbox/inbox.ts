/** A sink of the sandbox itself, for whoever has none: it takes everything and keeps the latest, until the process ends. */
export class SandboxInbox {
  readonly #letters: Letter[] = []

  take(letter: Letter): void {
    this.#letters.push(letter)
    if (this.#letters.length > KEPT) this.#letters.shift()
  }

  /**
   * Newest first.
   * @param session only the events of this one. Default: all
   */
  list(session?: string): readonly Letter[] {
    const newestFirst = this.#letters.toReversed()
    return session === undefined ? newestFirst : newestFirst.filter(({ event }) => sessionOf(event) === session)
  }

  clear(): void {
    this.#letters.length = 0
  }
}

const KEPT = 500

const sessionOf = ({ data }: Letter['event']): unknown =>
  (data as { readonly sessionId?: unknown } | undefined)?.sessionId

export interface Letter {
  /** When it came, in milliseconds of real time since the epoch. */
  readonly at: number
  /** The event as it came. */
  readonly event: { readonly [member: string]: unknown }
}
