// Leads a network while this gateway holds its leader lease. Only one of the gateways leads: two at the same time
// would send it the same requests in two orders.

import type { Log } from '../ports/log.js'
import type { LeaderLease } from '../ports/store/gateways.js'
import type { Store } from '../ports/store/store.js'
import { NetworkDriver, type NetworkDriverDeps } from './network-driver.js'
import { Reconciler } from './reconciler.js'

export interface LeadershipDeps extends Omit<NetworkDriverDeps, 'mayTell'> {
  readonly store: Store
  readonly log: Log
}

interface Crew {
  /** Stops the network's own background work. */
  readonly rest: () => Promise<void>
  readonly driver: NetworkDriver
  readonly reconciler: Reconciler
}

export class Leadership {
  readonly #deps: LeadershipDeps
  #lease: LeaderLease | undefined
  #crew: Crew | undefined
  /** Starts and stops run one after another. */
  #turning: Promise<void> = Promise.resolve()

  constructor(deps: LeadershipDeps) {
    this.#deps = deps
  }

  /** Becomes a candidate. If this gateway is the only one, it resolves when the driver has read the waiting tasks. */
  async start(): Promise<void> {
    const { store, network } = this.#deps
    this.#lease = store.gateways.lead(network.id, (leads) => this.#turn(leads))
    await this.#turning
  }

  /** Finishes the tasks under way, and gives up the leader lease. */
  async stop(): Promise<void> {
    this.#turn(false)
    await this.#turning
    await this.#lease?.release()
  }

  #turn(leads: boolean): void {
    const { log, network } = this.#deps
    this.#turning = this.#turning
      .then(() => (leads ? this.#begin() : this.#end()))
      .catch((error: unknown) => log.error({ err: error, network: network.id }, 'the leader of the network failed'))
  }

  async #begin(): Promise<void> {
    if (this.#crew !== undefined) return
    const { log, network } = this.#deps
    log.info({ network: network.id }, 'this gateway leads the network')
    const isOurs = () => this.#lease?.held ?? true
    const driver = new NetworkDriver({ ...this.#deps, mayTell: isOurs })
    const reconciler = new Reconciler(this.#deps)
    const rest = (await network.drive?.(isOurs)) ?? (async () => undefined)
    this.#crew = { driver, reconciler, rest }
    await driver.start()
    reconciler.start()
  }

  async #end(): Promise<void> {
    const crew = this.#crew
    if (crew === undefined) return
    this.#crew = undefined
    await Promise.all([crew.reconciler.stop(), crew.driver.stop()])
    await crew.rest()
    this.#deps.log.info({ network: this.#deps.network.id }, 'this gateway no longer leads the network')
  }
}
