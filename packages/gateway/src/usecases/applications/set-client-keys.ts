import { QodError } from '@rightofway/camara'
import { checkClientKeys } from '../../auth/callers/client-keys.js'
import type { ClientKeys } from '../../domain/application.js'
import type { ApplicationKey } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'

/**
 * Replaces the public keys of an OAuth client. Signatures of the old ones are refused from the next request on.
 * @returns what is stored of the client
 * @throws {QodError} `NOT_FOUND`; `CONFLICT` it has a secret instead; `INVALID_ARGUMENT` the keys cannot be used
 */
export async function setClientKeys(
  { store }: Pick<Deps, 'store'>,
  prefix: string,
  keys: ClientKeys,
): Promise<ApplicationKey> {
  await checkClientKeys(keys)
  const changed = await store.applications.setClientKeys(prefix, keys)
  const key = await store.applications.findKey(prefix)
  if (key === undefined) throw new QodError('NOT_FOUND', 'There is no client with that id.')
  if (!changed) throw new QodError('CONFLICT', 'The client has no keys: it shows a secret, which can be rotated.')
  return key
}
