import type { ApplicationId } from '@rightofway/camara'
import { type Limits, limitsFor } from '../domain/limits.js'
import type { ApplicationStore } from '../ports/store/applications.js'

/** A cache of the limits of applications: every request is checked against them. */
export class LimitsCache {
  readonly #applications: ApplicationStore
  readonly #all: Limits
  readonly #known = new Map<ApplicationId, Limits>()
  readonly #unwatch: () => void
  /** Counts changes: a value that was read before a change is not cached after it. */
  #epoch = 0

  /** @param all limits of applications without their own */
  constructor(applications: ApplicationStore, all: Limits) {
    this.#applications = applications
    this.#all = all
    this.#unwatch = applications.watch(() => {
      this.#epoch++
      this.#known.clear()
    })
  }

  /** Synchronous if they are cached, else after reading the store. */
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
