import type { ApplicationKey } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/** All keys of an application, revoked ones included. @throws {QodError} `NOT_FOUND` */
export async function listKeys(deps: Pick<Deps, 'store'>, id: string): Promise<readonly ApplicationKey[]> {
  const application = await findApplication(deps, id)
  return deps.store.applications.keysOf(application.id)
}
