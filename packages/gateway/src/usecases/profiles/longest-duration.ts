import type { Seconds } from '@rightofway/camara'
import { CEILING, durationBounds } from '../../domain/profile.js'
import type { Deps } from '../deps.js'

/** The longest that a session of a QoS profile may be asked for; of a name that is no profile's, what any may be. */
export async function longestDuration(
  { store, policy }: Pick<Deps, 'store' | 'policy'>,
  name: string,
): Promise<Seconds> {
  const profile = await store.profiles.find(name)
  return profile === undefined ? CEILING : durationBounds(profile, policy.durationCeiling).max
}
