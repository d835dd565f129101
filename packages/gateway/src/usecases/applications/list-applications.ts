import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'

export const listApplications = ({ store }: Pick<Deps, 'store'>): Promise<readonly Application[]> =>
  store.applications.list()
