import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Accepts the keys and tokens of an application again.
 * @throws {QodError} `NOT_FOUND`
 */
export async function resumeApplication(deps: Pick<Deps, 'store'>, id: string): Promise<void> {
  const application = await findApplication(deps, id)
  await deps.store.applications.suspend(application.id, undefined)
}
