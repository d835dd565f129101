// Where a QoS profile is available: to devices, where it is restricted to some; countries and networks, where it is
// available in some (`countryAvailability`).

import { type ErrorCode, QodError, type QosProfile } from '@rightofway/camara'
import type { ResolvedDevice } from './device.js'

/** A profile as its operator keeps it. */
export interface OperatorProfile extends QosProfile {
  /** Only for devices that it was sold for; other callers do not see it. */
  readonly restricted?: boolean
}

/** The country and operator of a network. */
export interface NetworkLocation {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string
  /** MCC and MNC. */
  readonly plmn?: string
}

/** A profile as applications are shown it. */
export function shown(profile: OperatorProfile): QosProfile {
  const { restricted: _, ...rest } = profile
  return rest
}

/** What decides which profiles are available to a device. */
type DeviceProfiles = Pick<ResolvedDevice, 'profiles' | 'onlyProfiles'>

/** Whether a device on a network at `location` may use a profile. An unknown location counts as none. */
export function isAvailable(
  profile: OperatorProfile,
  device: DeviceProfiles,
  { country, plmn }: NetworkLocation,
): boolean {
  const { name, restricted = false, countryAvailability } = profile
  if (device.onlyProfiles?.includes(name) === false) return false
  if (restricted && !device.profiles?.includes(name)) return false
  return (
    countryAvailability === undefined ||
    countryAvailability.some(
      ({ countryName, networks }) =>
        countryName === country && (networks === undefined || (plmn !== undefined && networks.includes(plmn))),
    )
  )
}

/** @throws {QodError} `notApplicable`, the code that the API has for it */
export function checkAvailable(
  profile: OperatorProfile,
  device: DeviceProfiles,
  location: NetworkLocation,
  notApplicable: ErrorCode,
): void {
  if (!isAvailable(profile, device, location)) {
    throw new QodError(notApplicable, `QoS profile ${profile.name} is not available at the location of this device`)
  }
}
