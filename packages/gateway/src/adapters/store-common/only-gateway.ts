import type { NetworkId } from '@rightofway/camara'
import type { GatewayStore, GatewaysReport, LeaderLease } from '../../ports/store/gateways.js'

/** The file belongs to one gateway at a time, and so do all networks. */
export class OnlyGateway implements GatewayStore {
  readonly alive = 1
  readonly #name: string
  readonly #driven = new Set<NetworkId>()

  constructor(name: string) {
    this.#name = name
  }

  lead(network: NetworkId, onChange: (drives: boolean) => void): LeaderLease {
    const driven = this.#driven
    driven.add(network)
    onChange(true)
    return {
      get held() {
        return driven.has(network)
      },
      async release() {
        driven.delete(network)
      },
    }
  }

  async report(): Promise<GatewaysReport> {
    const networks = [...this.#driven]
    return {
      gateways: [{ name: this.#name, version: '', reaches: networks }],
      leaders: new Map(networks.map((network) => [network, this.#name])),
      clockOffsetMs: 0,
    }
  }
}
