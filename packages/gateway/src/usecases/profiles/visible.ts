import { isAvailable, type OperatorProfile } from '../../domain/availability.js'
import type { Deps } from '../deps.js'
import type { NamedDevice } from '../devices/resolve-device.js'

/** To a caller who names no device everything is visible that is not restricted to some. */
export const isVisible = (
  { networks }: Pick<Deps, 'networks'>,
  profile: OperatorProfile,
  device: NamedDevice | undefined,
): boolean => (device === undefined ? !profile.restricted : isAvailable(profile, device, networks.locationOf(device)))
