// Whether the gateway can do its work, said so that a person knows what to do.

import type { Secrets } from './auth/keyring.js'
import type { Store } from './ports/store.js'

export interface HealthReport {
  readonly ready: boolean
  /** What keeps it from doing all of its work; empty while all is well. */
  readonly problems: readonly string[]
}

export class Health {
  readonly #store: Store
  readonly #secrets: Secrets
  #stopping = false

  constructor(store: Store, secrets: Secrets) {
    this.#store = store
    this.#secrets = secrets
  }

  /** From now on it is not ready: a load balancer sends its requests elsewhere. */
  stopping(): void {
    this.#stopping = true
  }

  async report(): Promise<HealthReport> {
    const problems: string[] = []
    if (this.#stopping) problems.push('the gateway is stopping')
    try {
      await this.#store.ping()
    } catch (error) {
      problems.push((error as Error).message)
    }
    if (this.#secrets.problem !== undefined) problems.push(this.#secrets.problem)
    return { ready: problems.length === 0, problems }
  }
}
