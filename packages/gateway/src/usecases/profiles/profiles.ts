import { type Device, QodError, type QosProfile } from '@rightofway/camara'
import { isAvailable, type OperatorProfile, shown } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../deps.js'
import { type NamedDevice, parseDevice, resolveDevice } from '../devices/resolve-device.js'

/** The most profiles that one answer lists. */
const LIMIT = 100

/** @throws {QodError} `NOT_FOUND`, which a profile is too that the caller may not see */
export async function getProfile(deps: Deps, name: string, caller: Caller): Promise<QosProfile> {
  const profile = await deps.store.profiles.find(name)
  const device = await resolveDevice(deps, caller, undefined)
  if (profile === undefined || !isVisible(deps, profile, device)) {
    throw new QodError('NOT_FOUND', 'There is no QoS profile of that name.')
  }
  return shown(profile)
}

/** To a caller who names no device everything is visible that is not restricted to some. */
const isVisible = ({ networks }: Deps, profile: OperatorProfile, device: NamedDevice | undefined): boolean =>
  device === undefined ? !profile.restricted : isAvailable(profile, device, networks.locationOf(device.addresses))

export interface ProfileFilter {
  readonly device?: Device
  readonly name?: string
  readonly status?: QosProfile['status']
}

/** The profiles that match every member given. @throws {QodError} those of an identifier */
export async function retrieveProfiles(
  deps: Deps,
  { device: asked, name, status }: ProfileFilter,
  caller: Caller,
): Promise<readonly QosProfile[]> {
  const device = await resolveDevice(deps, caller, parseDevice(asked))
  return (await deps.store.profiles.list())
    .filter((profile) => name === undefined || profile.name === name)
    .filter((profile) => status === undefined || profile.status === status)
    .filter((profile) => isVisible(deps, profile, device))
    .slice(0, LIMIT)
    .map(shown)
}
