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
  /** Devices whose phone numbers begin so are this network's, unless their address is another's. */
  readonly phoneNumbers?: readonly string[]
  /** Where it is. Absent: nobody knows. */
  readonly location?: NetworkLocation
}

/** What says on which network a device is. */
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

  /** Where a device is. */
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

  /** The longest beginning counts, as where calls are routed. */
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

  /** What keeps networks from being what they should be, with the name of each before it. */
  get troubles(): string[] {
    return this.all.flatMap(({ id, troubles = [] }) => troubles.map((trouble) => `network ${id}: ${trouble}`))
  }
}

const takesAll = ({ devices, phoneNumbers }: AttachedNetwork): boolean =>
  devices === undefined && phoneNumbers === undefined
