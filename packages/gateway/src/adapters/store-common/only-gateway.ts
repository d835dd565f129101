import type { NetworkId } from '@rightofway/camara'
import type { Candidacy, GatewayStore, GatewaysReport } from '../../ports/store.js'

/** The file is one gateway's at a time, and so are all networks. */
export class OnlyGateway implements GatewayStore {
  readonly alive = 1
  readonly #name: string
  readonly #driven = new Set<NetworkId>()

  constructor(name: string) {
    this.#name = name
  }

  drive(network: NetworkId, onChange: (drives: boolean) => void): Candidacy {
    const driven = this.#driven
    driven.add(network)
    onChange(true)
    return {
      get drives() {
        return driven.has(network)
      },
      async withdraw() {
        driven.delete(network)
      },
    }
  }

  async report(): Promise<GatewaysReport> {
    const networks = [...this.#driven]
    return {
      gateways: [{ name: this.#name, version: '', reaches: networks }],
      drivers: new Map(networks.map((network) => [network, this.#name])),
      clockOffsetMs: 0,
    }
  }
}
