/** A sink of the sandbox itself, for whoever has none: it takes everything and keeps the latest, until the process ends. */
export class SandboxInbox {
  readonly #received: Received[] = []

  take(received: Received): void {
    this.#received.push(received)
    if (this.#received.length > KEPT) this.#received.shift()
  }

  /**
   * Newest first.
   * @param session only the events of this one. Default: all
   */
  list(session?: string): readonly Received[] {
    const newestFirst = this.#received.toReversed()
    return session === undefined ? newestFirst : newestFirst.filter(({ event }) => sessionOf(event) === session)
  }

  clear(): void {
    this.#received.length = 0
  }
}

const KEPT = 500

const sessionOf = ({ data }: Received['event']): unknown =>
  (data as { readonly sessionId?: unknown } | undefined)?.sessionId

export interface Received {
  /** When it came, in milliseconds of real time since the epoch. */
  readonly at: number
  /** The event as it came. */
  readonly event: { readonly [member: string]: unknown }
}
