import type { OwnLimits } from '../../domain/limits.js'
import type { Application } from '../../ports/store/applications.js'
import type { Author } from '../../ports/store/audit.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Replaces the limits of an application; its sessions stay as they are.
 * @param limits those that differ from the defaults; empty: none do
 * @throws {QodError} `NOT_FOUND`
 */
export async function setLimits(
  deps: Pick<Deps, 'store'>,
  id: string,
  limits: OwnLimits,
  author: Author,
): Promise<Application> {
  const application = await findApplication(deps, id)
  const own = Object.keys(limits).length === 0 ? undefined : limits
  await deps.store.applications.setLimits(application.id, own, author)
  return findApplication(deps, id)
}
