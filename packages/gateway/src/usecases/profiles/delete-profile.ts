import { QodError } from '@rightofway/camara'
import type { Author } from '../../ports/store/audit.js'
import type { Deps } from '../deps.js'

/** Sessions keep what they were granted. @throws {QodError} `NOT_FOUND` */
export async function deleteProfile({ store }: Pick<Deps, 'store'>, name: string, author: Author): Promise<void> {
  const known = await store.profiles.delete(name, author)
  if (!known) throw new QodError('NOT_FOUND', 'There is no QoS profile with this name.')
}
