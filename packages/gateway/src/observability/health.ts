// Whether the gateway can do its work, in words that tell a person what to do.

import type { NetworkId } from '@rightofway/camara'
import type { Secrets } from '../auth/secrets/keyring.js'
import type { Store } from '../ports/store/store.js'

export interface HealthReport {
  readonly ready: boolean
  /** Problems that make it not ready; empty: it is ready. */
  readonly problems: readonly string[]
  /** Warnings that do not make it not ready. */
  readonly warnings: readonly string[]
}

export class Health {
  readonly #store: Store
  readonly #secrets: Secrets
  readonly #networks: readonly NetworkId[]
  readonly #warners: (() => readonly string[])[] = []
  #stopping = false

  /** @param networks those that sessions are taken for */
  constructor(store: Store, secrets: Secrets, networks: readonly NetworkId[]) {
    this.#store = store
    this.#secrets = secrets
    this.#networks = networks
  }

  /** It is not ready from now on, so that a load balancer sends requests to other gateways. */
  stopping(): void {
    this.#stopping = true
  }

  /** @param warnings asked at every report: what is wrong now, a sentence each */
  watch(warnings: () => readonly string[]): void {
    this.#warners.push(warnings)
  }

  async report(): Promise<HealthReport> {
    const problems: string[] = []
    const warnings: string[] = []
    if (this.#stopping) problems.push('the gateway is stopping')
    try {
      await this.#store.ping()
      const { leaders } = await this.#store.gateways.report()
      for (const network of this.#networks) {
        if (!leaders.has(network)) warnings.push(`no gateway leads the network ${network}: its sessions wait`)
      }
    } catch (error) {
      problems.push((error as Error).message)
    }
    for (const warner of this.#warners) warnings.push(...warner())
    if (this.#secrets.problem !== undefined) problems.push(this.#secrets.problem)
    return { ready: problems.length === 0, problems, warnings }
  }
}
