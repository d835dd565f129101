import type { QoDSession } from '@rightofway/sdk'
import type { Admin } from './admin.js'

/** The state of the simulated network. */
export interface NetworkStatus {
  /** Sessions for which it holds something. */
  readonly held: number
  /** Sessions that are pending. */
  readonly pending: number
  readonly guaranteed: { readonly downlinkBps: number; readonly uplinkBps: number }
  readonly capacity: { readonly downlinkBps: number; readonly uplinkBps: number }
}

const PATH = '/networks/simulator/simulator'

/** The simulated network: by default it grants at once. Delays are in the sandbox's time. */
export class SandboxNetwork {
  readonly #admin: Admin

  constructor(admin: Admin) {
    this.#admin = admin
  }

  /** The next sessions are refused: UNAVAILABLE, NETWORK_TERMINATED. */
  refuseNext(times = 1): Promise<void> {
    return this.#script('refuse', times)
  }

  /** The next sessions are granted after that many milliseconds, and are REQUESTED until then. */
  grantNextAfter(ms: number, times = 1): Promise<void> {
    return this.#script('late', times, ms)
  }

  /** The next sessions get no answer: the gateway gives up after 30 s. */
  ignoreNext(times = 1): Promise<void> {
    return this.#script('never', times)
  }

  /** The next sessions are granted, and ended by the network that many milliseconds later. */
  loseNextAfter(ms: number, times = 1): Promise<void> {
    return this.#script('lose', times, ms)
  }

  /** The next calls of the gateway to the network fail; the gateway retries them. */
  failNext(times = 1): Promise<void> {
    return this.#script('unreachable', times)
  }

  /** The network ends a session early: UNAVAILABLE, NETWORK_TERMINATED. */
  async lose({ id }: Pick<QoDSession, 'id'>): Promise<void> {
    await this.#admin('POST', `${PATH}/lose`, { sessionId: id })
  }

  /** The total that it can guarantee, in bits per second: sessions beyond it are refused. */
  async setCapacity(capacity: { downlinkBps: number; uplinkBps: number }): Promise<void> {
    await this.#admin('PUT', `${PATH}/capacity`, capacity)
  }

  status(): Promise<NetworkStatus> {
    return this.#admin<NetworkStatus>('GET', PATH)
  }

  /** Ids of the sessions for which it holds something. */
  async held(): Promise<string[]> {
    return (await this.#admin<{ held: string[] }>('GET', `${PATH}/reservations`)).held
  }

  async #script(behaviour: string, times: number, afterMs?: number): Promise<void> {
    await this.#admin('POST', `${PATH}/script`, { behaviour, times, ...(afterMs !== undefined && { afterMs }) })
  }
}
