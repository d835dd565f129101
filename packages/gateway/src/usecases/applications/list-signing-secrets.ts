import type { SigningSecret } from '../../ports/store/sink-credentials.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/** Oldest first. @throws {QodError} `NOT_FOUND` */
export async function listSigningSecrets(deps: Pick<Deps, 'store'>, id: string): Promise<readonly SigningSecret[]> {
  const application = await findApplication(deps, id)
  return deps.store.sinkCredentials.signingSecrets(application.id)
}
