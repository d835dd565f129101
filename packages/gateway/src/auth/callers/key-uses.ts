import { type Instant, instant } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import type { ApplicationStore } from '../../ports/store/applications.js'

/** A use is written down after so many milliseconds at the latest: requests are many, and keys few. */
const WRITE_EVERY_MS = 60_000

/** Notes when keys were last used. Uses that are not stored when the process dies are lost: nothing depends on them. */
export class KeyUses {
  readonly #applications: ApplicationStore
  readonly #realNow: () => number
  readonly #onFault: (error: unknown) => void
  #uses = new Map<string, Instant>()
  #timer: NodeJS.Timeout | undefined

  /** @param onFault told where uses could not be written down */
  constructor(applications: ApplicationStore, realNow: () => number, onFault: (error: unknown) => void) {
    this.#applications = applications
    this.#realNow = realNow
    this.#onFault = onFault
  }

  /** Notes that `caller` has just shown its key. @returns `caller` */
  noted(caller: Caller): Caller {
    if (caller.key === undefined) return caller
    this.#uses.set(caller.key, instant(this.#realNow()))
    this.#timer ??= setTimeout(() => this.#flush(), WRITE_EVERY_MS).unref()
    return caller
  }

  /** Stores the noted uses. If that fails, it is tried again with the next use. */
  async write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const uses = this.#uses
    this.#uses = new Map()
    try {
      if (uses.size > 0) await this.#applications.noteKeyUses([...uses].map(([prefix, at]) => ({ prefix, at })))
    } catch (error) {
      this.#uses = new Map([...uses, ...this.#uses])
      throw error
    }
  }

  async close(): Promise<void> {
    await this.write().catch(this.#onFault)
  }

  #flush(): void {
    this.write().catch(this.#onFault)
  }
}
