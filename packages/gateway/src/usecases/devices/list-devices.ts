import type { DeviceId } from '@rightofway/camara'
import type { DeviceRecord, DeviceSearch } from '../../ports/store/devices.js'
import type { Deps } from '../deps.js'

/** Devices in the order of their ids, those after `after`. */
export const listDevices = (
  { store }: Pick<Deps, 'store'>,
  { after, limit }: { readonly after?: DeviceId | undefined; readonly limit: number },
  search?: DeviceSearch,
): Promise<readonly DeviceRecord[]> => store.devices.list(after, limit, search)
