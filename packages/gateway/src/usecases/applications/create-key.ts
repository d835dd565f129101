import { instant, QodError } from '@rightofway/camara'
import { type MadeKey, makeKey, type NewKey } from '../../auth/callers/application-keys.js'
import { checkClientKeys } from '../../auth/callers/client-keys.js'
import { JWT_BEARER, type OAuthClient } from '../../domain/application.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Makes a key of an application, or an OAuth client.
 * @returns the key as text, which is not stored, and what is stored of it
 * @throws {QodError} `NOT_FOUND`; `INVALID_ARGUMENT` browsers cannot be redirected to `client.redirectUris`, or the
 *   client's keys cannot be used
 */
export async function createKey(
  deps: Pick<Deps, 'store' | 'realNow'>,
  id: string,
  request: Omit<NewKey, 'application' | 'createdAt'>,
): Promise<MadeKey> {
  const { id: application } = await findApplication(deps, id)
  if (request.client !== undefined) await checkClient(request.client)
  const key = makeKey({ ...request, application, createdAt: instant(deps.realNow()) })
  await deps.store.applications.addKey(key.record)
  return key
}

async function checkClient({ grantTypes, redirectUris, keys }: OAuthClient): Promise<void> {
  if (keys !== undefined) await checkClientKeys(keys)
  else if (grantTypes.includes(JWT_BEARER)) {
    throw new QodError('INVALID_ARGUMENT', `client.jwks or client.jwksUri is required for the grant type ${JWT_BEARER}`)
  }
  checkRedirects({ grantTypes, redirectUris })
}

/** Browsers are redirected with a code in the URL: over https, or on the same machine. */
function checkRedirects({ grantTypes, redirectUris }: Omit<OAuthClient, 'keys'>): void {
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
