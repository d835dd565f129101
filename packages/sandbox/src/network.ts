import type { QoDSession } from '@rightofway/sdk'
import type { Admin } from './admin.js'

/** What the simulated network holds. */
export interface NetworkStatus {
  /** Sessions that it holds something for. */
  readonly held: number
  /** Sessions that it works on. */
  readonly pending: number
  readonly guaranteed: { readonly downlinkBps: number; readonly uplinkBps: number }
  readonly capacity: { readonly downlinkBps: number; readonly uplinkBps: number }
}

const PATH = '/networks/simulator/simulator'

/** The simulated network: it grants at once, unless it is told otherwise. Delays are of the sandbox's clock. */
export class SandboxNetwork {
  readonly #admin: Admin

  constructor(admin: Admin) {
    this.#admin = admin
  }

  /** The next sessions are refused: UNAVAILABLE, NETWORK_TERMINATED. */
  refuseNext(times = 1): Promise<void> {
    return this.#script('refuse', times)
  }

  /** The next sessions are granted after that many milliseconds: until then they are REQUESTED. */
  grantNextAfter(ms: number, times = 1): Promise<void> {
    return this.#script('late', times, ms)
  }

  /** The next sessions get no answer: they are given up after 30 s. */
  ignoreNext(times = 1): Promise<void> {
    return this.#script('never', times)
  }

  /** The next sessions are granted, and ended by the network that many milliseconds later. */
  loseNextAfter(ms: number, times = 1): Promise<void> {
    return this.#script('lose', times, ms)
  }

  /** The next calls of the gateway to the network fail; it tries again by itself. */
  failNext(times = 1): Promise<void> {
    return this.#script('unreachable', times)
  }

  /** The network ends a session early: UNAVAILABLE, NETWORK_TERMINATED. */
  async lose({ id }: Pick<QoDSession, 'id'>): Promise<void> {
    await this.#admin('POST', `${PATH}/lose`, { sessionId: id })
  }

  /** What it can guarantee in all, in bits per second: what is beyond is refused. */
  async setCapacity(capacity: { downlinkBps: number; uplinkBps: number }): Promise<void> {
    await this.#admin('PUT', `${PATH}/capacity`, capacity)
  }

  status(): Promise<NetworkStatus> {
    return this.#admin<NetworkStatus>('GET', PATH)
  }

  /** Ids of the sessions that it holds something for. */
  async held(): Promise<string[]> {
    return (await this.#admin<{ held: string[] }>('GET', `${PATH}/reservations`)).held
  }

  async #script(behaviour: string, times: number, afterMs?: number): Promise<void> {
    await this.#admin('POST', `${PATH}/script`, { behaviour, times, ...(afterMs !== undefined && { afterMs }) })
  }
}
