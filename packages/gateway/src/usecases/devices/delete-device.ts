import { type DeviceId, QodError } from '@rightofway/camara'
import type { Deps } from '../deps.js'
import { followDevices } from './follow-devices.js'

/**
 * Deletes a device. Its sessions on an address end.
 * @throws {QodError} `NOT_FOUND`
 */
export async function deleteDevice(deps: Pick<Deps, 'store' | 'clock' | 'networks'>, id: DeviceId): Promise<void> {
  if (!(await deps.store.devices.delete(id))) throw new QodError('NOT_FOUND', 'There is no such device.')
  await followDevices(deps)
}
