import { type DeviceId, QodError } from '@rightofway/camara'
import type { AddressBinding, DeviceRecord } from '../ports/store.js'
import type { Deps } from './deps.js'
import { endMoved } from './end-moved.js'

/**
 * A device has these addresses now, says `source`, and no others of those that it named before. The sessions of other
 * devices that had them end.
 * @throws {QodError} `NOT_FOUND`
 */
export async function bindAddresses(
  deps: Pick<Deps, 'store' | 'clock'>,
  id: DeviceId,
  source: string,
  addresses: readonly AddressBinding[],
): Promise<DeviceRecord> {
  const device = await deps.store.devices.bind(id, source, addresses, deps.clock.now())
  if (device === undefined) throw new QodError('NOT_FOUND', 'There is no such device.')
  await endMoved(deps)
  return device
}
