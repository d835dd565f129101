import { QodError, type QosProfile } from '@rightofway/camara'
import { shown } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../deps.js'
import { resolveDevice } from '../devices/resolve-device.js'
import { isVisible } from './visible.js'

/** @throws {QodError} `NOT_FOUND`, also for a profile that the caller may not see */
export async function getProfile(deps: Deps, name: string, caller: Caller): Promise<QosProfile> {
  const profile = await deps.store.profiles.find(name)
  const device = await resolveDevice(deps, caller, undefined)
  if (profile === undefined || !isVisible(deps, profile, device)) {
    throw new QodError('NOT_FOUND', 'There is no QoS profile with this name.')
  }
  return shown(profile)
}
