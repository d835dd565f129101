// One change that the kernel is told of, and the time at which the kernel took it. The tool reports only its own end:
// before that it has started, read what it needs, and waited its turn. The kernel reports elements once they are in it.

/** The operations that the kernel is told at once. Times are monotonic. */
export class Telling {
  readonly #monotonicNow: () => number
  readonly toldAt: number
  #endedAt: number | undefined
  #heardAt: number | undefined
  #generationAt: number | undefined
  /** Resolves when the kernel has reported an element of it. */
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
   * When the kernel took it, as reported: a moment after it did, and before the tool had ended. Undefined without a
   * report.
   */
  get takenAt(): number | undefined {
    const heardAt = this.#heardAt ?? this.#generationAt
    return heardAt === undefined ? undefined : Math.min(heardAt, this.#endedAt ?? heardAt)
  }

  /** The tool has ended. */
  end(): void {
    this.#endedAt ??= this.#monotonicNow()
  }

  /** The kernel has reported an element of it. */
  hear(): void {
    this.#heardAt ??= this.#monotonicNow()
    this.#hear()
  }

  /** The kernel has taken a change of unknown origin: this one, if nothing else is reported of it. */
  hearOfGeneration(): void {
    this.#generationAt ??= this.#monotonicNow()
  }
}
