import { isAvailable, type OperatorProfile } from '../../domain/availability.js'
import type { Deps } from '../deps.js'
import type { NamedDevice } from '../devices/resolve-device.js'

/** Without a device, a caller sees every profile that is not restricted to some devices. */
export const isVisible = (
  { networks }: Pick<Deps, 'networks'>,
  profile: OperatorProfile,
  device: NamedDevice | undefined,
): boolean => (device === undefined ? !profile.restricted : isAvailable(profile, device, networks.locationOf(device)))
