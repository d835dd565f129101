import { checkVisible } from '../../auth/users/names.js'
import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/** @throws {QodError} `INVALID_ARGUMENT` the name has characters that are not displayed; `NOT_FOUND` */
export async function renameApplication(deps: Pick<Deps, 'store'>, id: string, name: string): Promise<Application> {
  checkVisible(name)
  const application = await findApplication(deps, id)
  await deps.store.applications.rename(application.id, name)
  return { ...application, name }
}
