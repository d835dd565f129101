import { QodError } from '@rightofway/camara'
import type { TokenClient } from '../../ports/store/sink-credentials.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/** Get the configuration of PRIVATE_KEY_JWT for an application. @throws {QodError} `NOT_FOUND` */
export async function getTokenClient(deps: Pick<Deps, 'store'>, id: string): Promise<TokenClient> {
  const application = await findApplication(deps, id)
  const client = await deps.store.sinkCredentials.tokenClient(application.id)
  if (client === undefined) throw new QodError('NOT_FOUND', 'No token client is registered for this application.')
  return client
}
