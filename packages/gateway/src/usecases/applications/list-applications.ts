import type { ApplicationId } from '@rightofway/camara'
import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'

/** Applications in the order of their ids, from behind `after`. */
export const listApplications = (
  { store }: Pick<Deps, 'store'>,
  { after, limit }: { readonly after?: ApplicationId | undefined; readonly limit: number },
): Promise<readonly Application[]> => store.applications.list(after, limit)
