import type { IdentifierKind } from '../../domain/device.js'
import type { Clock } from '../../ports/clock.js'
import type { DeviceDirectory } from '../../ports/device-directory.js'
import type { DeviceStore } from '../../ports/store/devices.js'

/** A directory of the devices in our own store. */
export function storeDirectory(
  devices: DeviceStore,
  clock: Clock,
  supports: ReadonlySet<IdentifierKind>,
): DeviceDirectory {
  return {
    supports,
    binds: true,
    async resolve(name) {
      return name.kind === 'id' || supports.has(name.kind) ? devices.resolve(name, clock.now()) : undefined
    },
  }
}
