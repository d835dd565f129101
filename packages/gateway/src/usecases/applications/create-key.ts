import { instant, QodError } from '@rightofway/camara'
import { type MadeKey, makeKey, type NewKey } from '../../auth/callers/application-keys.js'
import type { OAuthClient } from '../../domain/application.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Makes a key of an application, or an OAuth client.
 * @returns the key as text, which is not stored, and what is stored of it
 * @throws {QodError} `NOT_FOUND`; `INVALID_ARGUMENT` browsers cannot be sent back to `client.redirectUris`
 */
export async function createKey(
  deps: Pick<Deps, 'store' | 'realNow'>,
  id: string,
  request: Omit<NewKey, 'application' | 'createdAt'>,
): Promise<MadeKey> {
  const { id: application } = await findApplication(deps, id)
  if (request.client !== undefined) checkClient(request.client)
  const key = makeKey({ ...request, application, createdAt: instant(deps.realNow()) })
  await deps.store.applications.addKey(key.record)
  return key
}

/** Browsers are sent back with a code in the URL: over https, or without leaving the machine. */
function checkClient({ grantTypes, redirectUris }: OAuthClient): void {
  if (grantTypes.includes('authorization_code') !== redirectUris.length > 0) {
    throw new QodError('INVALID_ARGUMENT', 'client.redirectUris requires the grant type authorization_code')
  }
  for (const [index, uri] of redirectUris.entries()) {
    const { protocol, hostname, hash } = new URL(uri)
    const local = protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
    if ((protocol !== 'https:' && !local) || hash !== '') {
      throw new QodError(
        'INVALID_ARGUMENT',
        `client.redirectUris[${index}] must be https (http on a loopback), and without a fragment`,
      )
    }
  }
}
