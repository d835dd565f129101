import { type DeviceId, QodError } from '@rightofway/camara'
import type { DeviceRecord } from '../../ports/store/devices.js'
import type { Deps } from '../deps.js'

/** @throws {QodError} `NOT_FOUND` */
export async function getDevice({ store }: Pick<Deps, 'store'>, id: DeviceId): Promise<DeviceRecord> {
  const record = await store.devices.find(id)
  if (record === undefined) throw new QodError('NOT_FOUND', 'There is no such device.')
  return record
}
