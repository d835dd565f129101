import type { NetworkId } from '@rightofway/camara'
import { type Prefix, prefixContains } from '../domain/address.js'
import type { NetworkLocation } from '../domain/availability.js'
import type { Subscriber } from '../domain/device.js'
import type { DeviceAddresses } from '../domain/flow.js'
import type { Network } from '../ports/network.js'

export interface AttachedNetwork {
  readonly network: Network
  /**
   * Devices with an address in one of these are this network's. Neither these nor `phoneNumbers`: all that no other
   * network claims.
   */
  readonly devices?: readonly Prefix[]
  /** Devices with these phone number prefixes are on this network, unless their address belongs to another one. */
  readonly phoneNumbers?: readonly string[]
  /** Its location. Absent: unknown. */
  readonly location?: NetworkLocation
}

/** What decides on which network a device is. */
export interface WhereDevice {
  readonly addresses: DeviceAddresses
  /** Absent: not known. */
  readonly phoneNumber?: string
}

/** Whether a network finds a device wherever it is: by its number, and needs no address. */
export const isKnownByNumber = ({ capabilities }: Network, subscriber: Subscriber | undefined): boolean =>
  capabilities.phoneNumbers === true && subscriber?.phoneNumber !== undefined

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
  of(device: WhereDevice): Network {
    return this.#attachedOf(device).network
  }

  /** The network and location of a device. */
  locationOf(device: WhereDevice): NetworkLocation {
    return this.#attachedOf(device).location ?? {}
  }

  #attachedOf({ addresses, phoneNumber }: WhereDevice): AttachedNetwork {
    const own = [addresses.ipv4, addresses.ipv6].filter((address) => address !== undefined)
    const byAddress = this.#attached.find(({ devices }) =>
      devices?.some((prefix) => own.some((address) => prefixContains(prefix, address))),
    )
    return byAddress ?? this.#byNumber(phoneNumber) ?? this.#attached.find(takesAll) ?? this.#attached[0]
  }

  /** The longest prefix wins, as in call routing. */
  #byNumber(phoneNumber: string | undefined): AttachedNetwork | undefined {
    if (phoneNumber === undefined) return undefined
    let found: { readonly network: AttachedNetwork; readonly length: number } | undefined
    for (const network of this.#attached) {
      for (const begin of network.phoneNumbers ?? []) {
        if (phoneNumber.startsWith(begin) && begin.length > (found?.length ?? 0)) {
          found = { network, length: begin.length }
        }
      }
    }
    return found?.network
  }

  /** Problems of networks, each with the name of its network. */
  get troubles(): string[] {
    return this.all.flatMap(({ id, troubles = [] }) => troubles.map((trouble) => `network ${id}: ${trouble}`))
  }
}

const takesAll = ({ devices, phoneNumbers }: AttachedNetwork): boolean =>
  devices === undefined && phoneNumbers === undefined
