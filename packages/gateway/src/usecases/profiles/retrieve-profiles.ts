import type { Device, QosProfile } from '@rightofway/camara'
import { shown } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../deps.js'
import { parseDevice, resolveDevice } from '../devices/resolve-device.js'
import { isVisible } from './visible.js'

/** The most profiles that one answer lists. */
const LIMIT = 100

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
