import type { OperatorProfile } from '../../domain/availability.js'
import type { Deps } from '../deps.js'

/** QoS profiles as their operator keeps them, by name, from behind the name `after`. */
export const listProfiles = (
  { store }: Pick<Deps, 'store'>,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly OperatorProfile[]> => store.profiles.list(after, limit)
