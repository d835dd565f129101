import { instant } from '@rightofway/camara'
import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Refuses the keys and tokens of an application from the next request on. Suspending it again keeps the first time.
 * @throws {QodError} `NOT_FOUND`
 */
export async function suspendApplication(deps: Pick<Deps, 'store' | 'realNow'>, id: string): Promise<Application> {
  const application = await findApplication(deps, id)
  const suspendedAt = application.suspendedAt ?? instant(deps.realNow())
  await deps.store.applications.suspend(application.id, suspendedAt)
  return { ...application, suspendedAt }
}
