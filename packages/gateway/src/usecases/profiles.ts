import { type Device, QodError, type QosProfile } from '@rightofway/camara'
import type { Caller } from '../auth/caller.js'
import type { Deps } from './deps.js'
import { parseDevice, resolveDevice } from './resolve-device.js'

/** The most profiles that one answer lists. */
const LIMIT = 100

/** @throws {QodError} `NOT_FOUND` */
export async function getProfile(deps: Deps, name: string): Promise<QosProfile> {
  const profile = await deps.store.profiles.find(name)
  if (profile === undefined) throw new QodError('NOT_FOUND', 'There is no QoS profile of that name.')
  return profile
}

export interface ProfileFilter {
  readonly device?: Device
  readonly name?: string
  readonly status?: QosProfile['status']
}

/** The profiles that match every member given. @throws {QodError} those of an identifier */
export async function retrieveProfiles(
  deps: Deps,
  { device, name, status }: ProfileFilter,
  caller: Caller,
): Promise<readonly QosProfile[]> {
  await resolveDevice(deps, caller, parseDevice(device))
  return (await deps.store.profiles.list())
    .filter((profile) => name === undefined || profile.name === name)
    .filter((profile) => status === undefined || profile.status === status)
    .slice(0, LIMIT)
}
