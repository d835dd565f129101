import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/** @throws {QodError} `NOT_FOUND` */
export async function renameApplication(deps: Pick<Deps, 'store'>, id: string, name: string): Promise<Application> {
  const application = await findApplication(deps, id)
  await deps.store.applications.rename(application.id, name)
  return { ...application, name }
}
