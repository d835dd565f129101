// For networks without a device registry: an address is the device, if it lies in the given prefixes.

import type { DeviceId } from '@rightofway/camara'
import { type Prefix, parsePrefix, prefixFamily, prefixTest } from '../../domain/address.js'
import type { DeviceName, IdentifierKind, ResolvedDevice } from '../../domain/device.js'
import type { DeviceDirectory } from '../../ports/device-directory.js'

export interface OpenDirectoryOptions {
  /** The prefixes that contain this network's devices. */
  readonly prefixes: readonly Prefix[]
  /** Length of the prefix that one device has. Default: 64. */
  readonly ipv6PrefixLength?: number
  /** Kinds of identifiers that can name devices; only addresses are supported here. Default: both. */
  readonly identifiers?: ReadonlySet<IdentifierKind>
}

/** The prefix of identities. */
const PREFIX = 'open:'

const ADDRESSES: readonly IdentifierKind[] = ['ipv4Address', 'ipv6Address']

export class OpenDirectory implements DeviceDirectory {
  readonly supports: ReadonlySet<IdentifierKind>
  readonly binds = false
  readonly #isOurs: (address: Prefix) => boolean
  readonly #ipv6PrefixLength: number

  constructor({ prefixes, ipv6PrefixLength = 64, identifiers }: OpenDirectoryOptions) {
    this.supports = new Set(ADDRESSES.filter((kind) => identifiers?.has(kind) ?? true))
    this.#isOurs = prefixTest(prefixes)
    this.#ipv6PrefixLength = ipv6PrefixLength
  }

  async resolve(name: DeviceName): Promise<ResolvedDevice | undefined> {
    if (name.kind === 'id') return this.#known(name.id)
    if (!this.supports.has(name.kind)) return undefined
    switch (name.kind) {
      case 'ipv4Address': {
        // Behind NAT the private address is the one that the network sees; without NAT both are the same.
        const candidates = [name.privateAddress, name.publicAddress].filter((text) => text !== undefined)
        for (const text of candidates) {
          const ipv4 = parsePrefix(text, 'ipv4', 'device.ipv4Address')
          if (this.#isOurs(ipv4)) return { id: (PREFIX + ipv4) as DeviceId, addresses: { ipv4 } }
        }
        return undefined
      }
      case 'ipv6Address': {
        if (!this.#isOurs(name.address)) return undefined
        const text = name.address.replace(/\/.*/, `/${this.#ipv6PrefixLength}`)
        const ipv6 = parsePrefix(text, 'ipv6', 'device.ipv6Address')
        return { id: (PREFIX + ipv6) as DeviceId, addresses: { ipv6 } }
      }
      default:
        return undefined
    }
  }

  /** Parses an identity that was issued here before; the prefixes may have changed since. */
  #known(id: DeviceId): ResolvedDevice | undefined {
    if (!id.startsWith(PREFIX)) return undefined
    const address = id.slice(PREFIX.length) as Prefix
    return this.#isOurs(address) ? { id, addresses: { [prefixFamily(address)]: address } } : undefined
  }
}
