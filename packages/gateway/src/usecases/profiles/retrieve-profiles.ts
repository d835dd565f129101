import type { Device, QosProfile } from '@rightofway/camara'
import { type OperatorProfile, shown } from '../../domain/availability.js'
import type { Caller } from '../../domain/caller.js'
import { allPages } from '../../ports/store/pages.js'
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
  const found: QosProfile[] = []
  for await (const profile of named(deps, name)) {
    if (status !== undefined && profile.status !== status) continue
    if (isVisible(deps, profile, device)) found.push(shown(profile))
    if (found.length === LIMIT) break
  }
  return found
}

/** The profile of that name; without one, all of them. */
async function* named({ store }: Pick<Deps, 'store'>, name: string | undefined): AsyncGenerator<OperatorProfile> {
  if (name === undefined) {
    yield* allPages(
      (after: string | undefined, limit) => store.profiles.list(after, limit),
      (profile) => profile.name,
    )
    return
  }
  const profile = await store.profiles.find(name)
  if (profile !== undefined) yield profile
}
