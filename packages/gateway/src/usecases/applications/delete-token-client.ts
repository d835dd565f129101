import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/** @throws {QodError} `NOT_FOUND` */
export async function deleteTokenClient(deps: Pick<Deps, 'store'>, id: string): Promise<void> {
  const application = await findApplication(deps, id)
  await deps.store.sinkCredentials.setTokenClient(application.id, undefined)
}
