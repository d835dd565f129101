import { randomUUID } from 'node:crypto'
import { instant, QodError } from '@rightofway/camara'
import { newSigningSecret } from '../../auth/secrets/webhook-signature.js'
import { MAX_SIGNING_SECRETS, type SigningSecret } from '../../ports/store/sink-credentials.js'
import type { Deps } from '../deps.js'
import { findApplication } from './find-application.js'

/**
 * Makes a secret that the events of an application are signed with.
 * @returns the secret as text, which is stored encrypted
 * @throws {QodError} `NOT_FOUND`; `CONFLICT`: the application has as many as it can have
 */
export async function createSigningSecret(
  deps: Pick<Deps, 'store' | 'secrets' | 'realNow'>,
  id: string,
): Promise<{ readonly text: string; readonly record: SigningSecret }> {
  const { id: application } = await findApplication(deps, id)
  const text = newSigningSecret()
  const secret = deps.secrets.encrypt(text)
  const record = { id: randomUUID(), application, secret, createdAt: instant(deps.realNow()) }
  if (!(await deps.store.sinkCredentials.addSigningSecret(record))) {
    throw new QodError('CONFLICT', `The application has ${MAX_SIGNING_SECRETS} signing secrets: delete one first.`)
  }
  return { text, record }
}
