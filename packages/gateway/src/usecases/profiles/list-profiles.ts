import type { OperatorProfile } from '../../domain/availability.js'
import type { Deps } from '../deps.js'

/** All QoS profiles, as their operator keeps them. */
export const listProfiles = ({ store }: Pick<Deps, 'store'>): Promise<readonly OperatorProfile[]> =>
  store.profiles.list()
