import { type DeviceId, QodError } from '@rightofway/camara'
import type { AddressBinding, DeviceRecord } from '../../ports/store/devices.js'
import type { Deps } from '../deps.js'
import { followDevices } from './follow-devices.js'

/**
 * Replaces the addresses that `source` has given for a device. Sessions are updated, those
 * of other devices that had the addresses too.
 * @throws {QodError} `NOT_FOUND`
 */
export async function bindAddresses(
  deps: Pick<Deps, 'store' | 'clock' | 'networks'>,
  id: DeviceId,
  source: string,
  addresses: readonly AddressBinding[],
): Promise<DeviceRecord> {
  const device = await deps.store.devices.bind(id, source, addresses, deps.clock.now())
  if (device === undefined) throw new QodError('NOT_FOUND', 'There is no such device.')
  await followDevices(deps)
  return device
}
