import type { ChangeQuery, DecisionRecord } from '../../ports/store/audit.js'
import type { Deps } from '../deps.js'

/** Changes of profiles and limits, newest first. */
export const listChanges = ({ store }: Pick<Deps, 'store'>, query: ChangeQuery): Promise<readonly DecisionRecord[]> =>
  store.changes.list(query)
