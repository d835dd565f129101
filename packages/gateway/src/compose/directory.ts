import { type InsideAddress, NatDirectory } from '../adapters/directory-nat/directory.js'
import { OpenDirectory } from '../adapters/directory-open/directory.js'
import { storeDirectory } from '../adapters/directory-store/directory.js'
import { prefixes } from '../config/prefixes.js'
import type { Config } from '../config/schema.js'
import type { Clock } from '../ports/clock.js'
import type { DeviceDirectory } from '../ports/device-directory.js'
import type { Store } from '../ports/store/store.js'

/** Who says which device an identifier names. */
export function openDirectory(
  { directory: config }: Config,
  store: Store,
  clock: Clock,
  insideAddress: InsideAddress | undefined,
): DeviceDirectory {
  const { ipv6PrefixLength } = config
  const identifiers = new Set(config.identifiers)
  const known =
    config.kind === 'open'
      ? new OpenDirectory({ prefixes: prefixes(config.prefixes), ipv6PrefixLength, identifiers })
      : storeDirectory(store.devices, clock, identifiers)
  return insideAddress === undefined ? known : new NatDirectory(known, insideAddress)
}
