import type { NetworkId } from '@rightofway/camara'
import { type Network, type NetworkCapabilities, NetworkUnreachable } from '../ports/network.js'

/** A network for which this gateway accepts sessions, and which other gateways drive. */
export class RemoteNetwork implements Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities

  constructor(id: NetworkId, capabilities: NetworkCapabilities) {
    this.id = id
    this.capabilities = capabilities
  }

  reserve = (): Promise<never> => this.#refuse()
  release = (): Promise<never> => this.#refuse()
  list = (): Promise<never> => this.#refuse()

  watch(): () => void {
    return () => undefined
  }

  async close(): Promise<void> {}

  async #refuse(): Promise<never> {
    throw new NetworkUnreachable(`the network ${this.id} is led by other gateways`)
  }
}
