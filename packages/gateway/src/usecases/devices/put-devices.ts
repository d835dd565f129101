import { QodError } from '@rightofway/camara'
import { type DeviceRecord, IdentifierTaken } from '../../ports/store/devices.js'
import type { Deps } from '../deps.js'
import { followDevices } from './follow-devices.js'

/**
 * Adds devices, or replaces what is known of them: all or none.
 * @throws {QodError} `CONFLICT` an identifier is another device's
 */
export async function putDevices(
  deps: Pick<Deps, 'store' | 'clock' | 'networks'>,
  devices: readonly DeviceRecord[],
): Promise<void> {
  try {
    await deps.store.devices.putAll(devices)
  } catch (error) {
    if (!(error instanceof IdentifierTaken)) throw error
    const identifier = devices.length > 1 ? `the ${error.kind} of ${error.wanted}` : `this ${error.kind}`
    throw new QodError('CONFLICT', `Another device has ${identifier}.`)
  }
  await followDevices(deps)
}
