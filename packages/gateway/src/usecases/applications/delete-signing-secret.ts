import { type ApplicationId, QodError } from '@rightofway/camara'
import type { Deps } from '../deps.js'

/** @throws {QodError} `NOT_FOUND` */
export async function deleteSigningSecret({ store }: Pick<Deps, 'store'>, id: string, secret: string): Promise<void> {
  const known = await store.sinkCredentials.deleteSigningSecret(id as ApplicationId, secret)
  if (!known) throw new QodError('NOT_FOUND', 'The application does not have this signing secret.')
}
