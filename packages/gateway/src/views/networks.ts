import type { NetworkId } from '@rightofway/camara'
import { type Prefix, prefixContains } from '../domain/address.js'
import type { NetworkLocation } from '../domain/availability.js'
import type { DeviceAddresses } from '../domain/flow.js'
import type { Network } from '../ports/network.js'

export interface AttachedNetwork {
  readonly network: Network
  /** Devices with an address in one of these are this network's. Absent: all that no other network claims. */
  readonly devices?: readonly Prefix[]
  /** Where it is. Absent: nobody knows. */
  readonly location?: NetworkLocation
}

/** The networks this gateway is configured for. */
export class Networks {
  readonly #attached: readonly [AttachedNetwork, ...AttachedNetwork[]]

  constructor(attached: readonly [AttachedNetwork, ...AttachedNetwork[]]) {
    this.#attached = attached
  }

  get all(): readonly Network[] {
    return this.#attached.map(({ network }) => network)
  }

  get(id: NetworkId): Network | undefined {
    return this.all.find((network) => network.id === id)
  }

  /** The network that a device is on. */
  of(addresses: DeviceAddresses): Network {
    return this.#attachedOf(addresses).network
  }

  /** Where a device is. */
  locationOf(addresses: DeviceAddresses): NetworkLocation {
    return this.#attachedOf(addresses).location ?? {}
  }

  #attachedOf(addresses: DeviceAddresses): AttachedNetwork {
    const own = [addresses.ipv4, addresses.ipv6].filter((address) => address !== undefined)
    const claiming = this.#attached.find(({ devices }) =>
      devices?.some((prefix) => own.some((address) => prefixContains(prefix, address))),
    )
    return claiming ?? this.#attached.find(({ devices }) => devices === undefined) ?? this.#attached[0]
  }

  /** What keeps networks from being what they should be, with the name of each before it. */
  get troubles(): string[] {
    return this.all.flatMap(({ id, troubles = [] }) => troubles.map((trouble) => `network ${id}: ${trouble}`))
  }
}
