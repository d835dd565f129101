import { QodError } from '@rightofway/camara'
import type { AssertionKeys } from '../../auth/secrets/assertion-keys.js'
import type { TokenClient } from '../../ports/store/sink-credentials.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Registers the authorization server from which the gateway gets tokens for an application's sinks.
 * @throws {QodError} `NOT_FOUND`; `INVALID_ARGUMENT` the gateway must not call `tokenUri`
 */
export async function setTokenClient(
  deps: Pick<Deps, 'store' | 'sinks'> & { readonly assertionKeys: Pick<AssertionKeys, 'ensure'> },
  id: string,
  client: TokenClient,
): Promise<void> {
  const application = await findApplication(deps, id)
  checkTokenUri(client.tokenUri, deps.sinks)
  await deps.assertionKeys.ensure()
  await deps.store.sinkCredentials.setTokenClient(application.id, client)
}

function checkTokenUri(tokenUri: string, sinks: Deps['sinks']): void {
  try {
    sinks.check(tokenUri)
  } catch (error) {
    if (!(error instanceof QodError)) throw error
    throw new QodError('INVALID_ARGUMENT', error.message.replace(/^sink/, 'tokenUri'))
  }
}
