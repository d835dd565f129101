import { instant, QodError } from '@rightofway/camara'
import type { Deps } from '../deps.js'

/** Refuses a key from the next request on. @throws {QodError} `NOT_FOUND` */
export async function revokeKey({ store, realNow }: Pick<Deps, 'store' | 'realNow'>, prefix: string): Promise<void> {
  const known = await store.applications.revokeKey(prefix, instant(realNow()))
  if (!known) throw new QodError('NOT_FOUND', 'There is no key with this prefix.')
}
