import type { ApplicationId } from '@rightofway/camara'
import { type Limits, limitsFor } from '../domain/limits.js'
import type { ApplicationStore } from '../ports/store/applications.js'

/** The limits of every application, remembered: every request is held against them. */
export class LimitsCache {
  readonly #applications: ApplicationStore
  readonly #all: Limits
  readonly #known = new Map<ApplicationId, Limits>()
  readonly #unwatch: () => void
  /** Counts changes: what was read before one is not remembered after it. */
  #epoch = 0

  /** @param all what holds where an application has no limits of its own */
  constructor(applications: ApplicationStore, all: Limits) {
    this.#applications = applications
    this.#all = all
    this.#unwatch = applications.watch(() => {
      this.#epoch++
      this.#known.clear()
    })
  }

  /** At once where they are known, else after asking the store. */
  of(application: ApplicationId): Limits | Promise<Limits> {
    return this.#known.get(application) ?? this.#read(application)
  }

  close(): void {
    this.#unwatch()
  }

  async #read(application: ApplicationId): Promise<Limits> {
    const epoch = this.#epoch
    const limits = limitsFor(this.#all, (await this.#applications.find(application))?.limits)
    if (epoch === this.#epoch) this.#known.set(application, limits)
    return limits
  }
}
