import { randomUUID } from 'node:crypto'
import { instant } from '@rightofway/camara'
import { newSigningSecret } from '../../auth/secrets/webhook-signature.js'
import type { SigningSecret } from '../../ports/store/sink-credentials.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Makes a secret that the events of an application are signed with.
 * @returns the secret as text, which is stored encrypted
 * @throws {QodError} `NOT_FOUND`
 */
export async function createSigningSecret(
  deps: Pick<Deps, 'store' | 'secrets' | 'realNow'>,
  id: string,
): Promise<{ readonly text: string; readonly record: SigningSecret }> {
  const { id: application } = await findApplication(deps, id)
  const text = newSigningSecret()
  const secret = deps.secrets.encrypt(text)
  const record = { id: randomUUID(), application, secret, createdAt: instant(deps.realNow()) }
  await deps.store.sinkCredentials.addSigningSecret(record)
  return { text, record }
}
