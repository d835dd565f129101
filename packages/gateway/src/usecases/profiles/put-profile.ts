import type { OperatorProfile } from '../../domain/availability.js'
import { checkProfile } from '../../domain/profile.js'
import type { Author } from '../../ports/store/audit.js'
import type { Deps } from '../deps.js'

/**
 * Adds a QoS profile or replaces it; sessions keep what they were granted.
 * @throws {QodError} `INVALID_ARGUMENT` its bounds contradict each other
 */
export async function putProfile(
  { store }: Pick<Deps, 'store'>,
  profile: OperatorProfile,
  author: Author,
): Promise<void> {
  checkProfile(profile)
  await store.profiles.put(profile, author)
}
