import type { NetworkId } from '@rightofway/camara'
import { type InsideAddress, NatDirectory } from '../adapters/directory-nat/directory.js'
import { NefDirectory } from '../adapters/directory-nef/directory.js'
import { OpenDirectory } from '../adapters/directory-open/directory.js'
import { storeDirectory } from '../adapters/directory-store/directory.js'
import { prefixes } from '../config/prefixes.js'
import type { Config } from '../config/schema.js'
import type { Clock } from '../ports/clock.js'
import type { DeviceDirectory } from '../ports/device-directory.js'
import type { Store } from '../ports/store/store.js'
import type { Nef } from './api-networks.js'

export interface DirectoryParts {
  readonly store: Store
  readonly clock: Clock
  readonly monotonicNow: () => number
  /** Of a network that translates addresses; absent if none does. */
  readonly insideAddress: InsideAddress | undefined
  readonly nefs: ReadonlyMap<NetworkId, Nef>
}

/** Finds the device that an identifier names. */
export function openDirectory({ directory: config }: Config, parts: DirectoryParts): DeviceDirectory {
  const { store, clock, insideAddress } = parts
  const identifiers = new Set(config.identifiers)
  const known = config.kind === 'store' ? storeDirectory(store.devices, clock, identifiers) : byAddress(config, parts)
  return insideAddress === undefined ? known : new NatDirectory(known, insideAddress)
}

function byAddress(config: Config['directory'], { nefs, monotonicNow }: DirectoryParts): DeviceDirectory {
  const { ipv6PrefixLength, network, cacheSeconds } = config
  const identifiers = new Set(config.identifiers)
  const open = new OpenDirectory({ prefixes: prefixes(config.prefixes), ipv6PrefixLength, identifiers })
  const nef = network === undefined ? undefined : nefs.get(network as NetworkId)
  return nef === undefined
    ? open
    : new NefDirectory({ ...nef, inner: open, identifiers, cacheMs: cacheSeconds * 1000, monotonicNow })
}
