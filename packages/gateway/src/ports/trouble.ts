// Something that is retried can fail a thousand times an hour. Operators need to read when it broke, that it is still
// broken, and when it works again.

export interface TroubleLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface TroubleOptions {
  /** What is logged when it breaks, and each minute while it is broken. */
  readonly broken: string
  /** What is logged when it works again. */
  readonly mended: string
  /** Logged with every line. */
  readonly fields?: object
  /** Whether a minute without a failure means that it works again. Default: only {@link Trouble.over} does. */
  readonly mendedBySilence?: boolean
}

type Level = 'warn' | 'error'

/** How often failures that go on are counted in the log (milliseconds, real time). */
const COUNT_EVERY_MS = 60_000

/** Different reasons that are logged one by one; more are only counted. */
const MAX_REASONS = 10

/** Failures of one thing, in the log: each reason once, a count each minute, and one line at the end. */
export class Trouble {
  readonly #log: TroubleLog
  readonly #options: TroubleOptions
  readonly #reasons = new Set<string>()
  #failures = 0
  /** Failures since the last line that no line tells of. */
  #untold = 0
  #quiet = true
  #level: Level = 'error'
  #counter: NodeJS.Timeout | undefined

  constructor(log: TroubleLog, options: TroubleOptions) {
    this.#log = log
    this.#options = options
  }

  /** @param fields of this failure: ids and counts, as everywhere in the log */
  failed(error: unknown, fields: object = {}, level: Level = 'error'): void {
    const { broken, fields: always } = this.#options
    // The first one begins the minute.
    if (this.#failures > 0) this.#quiet = false
    this.#failures++
    this.#level = level
    this.#counter ??= setInterval(() => this.#count(), COUNT_EVERY_MS).unref()
    const reason = String(error)
    if (this.#reasons.has(reason) || this.#reasons.size === MAX_REASONS) {
      this.#untold++
      return
    }
    this.#reasons.add(reason)
    this.#log[level]({ err: error, ...always, ...fields }, broken)
  }

  /** It works again, or never failed. */
  over(): void {
    if (this.#failures === 0) return
    this.#log.info({ ...this.#options.fields, failures: this.#failures }, this.#options.mended)
    this.close()
  }

  /** It will not be tried again. */
  close(): void {
    clearInterval(this.#counter)
    this.#counter = undefined
    this.#reasons.clear()
    this.#failures = 0
    this.#untold = 0
    this.#quiet = true
  }

  #count(): void {
    const { broken, fields, mendedBySilence } = this.#options
    const failures = this.#untold
    if (failures > 0) this.#log[this.#level]({ ...fields, failures }, `${broken} (repeated in the last minute)`)
    else if (this.#quiet && mendedBySilence) this.over()
    this.#untold = 0
    this.#quiet = true
  }
}
