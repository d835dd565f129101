import type { ApplicationKey } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Keys of an application, revoked ones included, the oldest first.
 * @param page from behind the key with the prefix `after`
 * @throws {QodError} `NOT_FOUND`
 */
export async function listKeys(
  deps: Pick<Deps, 'store'>,
  id: string,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly ApplicationKey[]> {
  const application = await findApplication(deps, id)
  return deps.store.applications.keysOf(application.id, after, limit)
}
