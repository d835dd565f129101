// One change that the kernel is told of, and when it took it. The tool says only that it has ended: before that it has
// started, read what it needs, and waited for its turn. The kernel tells everybody of elements once they are there.

/** What the kernel is told at once. Times are those of the monotonic clock. */
export class Telling {
  readonly #monotonicNow: () => number
  readonly toldAt: number
  #endedAt: number | undefined
  #heardAt: number | undefined
  #generationAt: number | undefined
  /** Resolves when an element of it was heard of. */
  readonly heard: Promise<void>
  #hear: () => void = () => undefined

  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow
    this.toldAt = monotonicNow()
    this.heard = new Promise((resolve) => {
      this.#hear = resolve
    })
  }

  /** When the tool had ended; undefined while it runs. */
  get endedAt(): number | undefined {
    return this.#endedAt
  }

  /**
   * When the kernel took it, as far as we have heard: a moment after it did, and before the tool had ended. Undefined if
   * we have not heard of it.
   */
  get takenAt(): number | undefined {
    const heardAt = this.#heardAt ?? this.#generationAt
    return heardAt === undefined ? undefined : Math.min(heardAt, this.#endedAt ?? heardAt)
  }

  /** The tool has ended. */
  end(): void {
    this.#endedAt ??= this.#monotonicNow()
  }

  /** The kernel tells of an element of it. */
  hear(): void {
    this.#heardAt ??= this.#monotonicNow()
    this.#hear()
  }

  /** The kernel has taken something, of whomever: this one, if nothing else is heard of it. */
  hearOfGeneration(): void {
    this.#generationAt ??= this.#monotonicNow()
  }
}
