import { instant, QodError } from '@rightofway/camara'
import { type MadeKey, makeKey } from '../../auth/callers/application-keys.js'
import type { Deps } from '../deps.js'

/**
 * Replaces a key by a new one with the same settings, in one commit. Both are accepted for `overlapSeconds`; the old
 * one not beyond its own end.
 * @throws {QodError} `NOT_FOUND`; `CONFLICT` the key is revoked or expired, or a client with keys of its own
 */
export async function rotateKey(
  { store, realNow }: Pick<Deps, 'store' | 'realNow'>,
  prefix: string,
  overlapSeconds: number,
): Promise<MadeKey> {
  const old = await store.applications.findKey(prefix)
  if (old === undefined) throw new QodError('NOT_FOUND', 'There is no key with this prefix.')
  if (old.client?.keys !== undefined) {
    throw new QodError('CONFLICT', 'The client has no secret: it signs with its own keys, which can be replaced.')
  }
  const now = realNow()
  const { application, name, scopes, compatibility, client } = old
  const key = makeKey({
    application,
    compatibility,
    createdAt: instant(now),
    ...(name !== undefined && { name }),
    ...(scopes && { scopes }),
    ...(client && { client }),
  })
  const end = instant(now + overlapSeconds * 1000)
  const replaced = await store.applications.replaceKey(prefix, key.record, end, instant(now))
  if (!replaced) throw new QodError('CONFLICT', 'The key is revoked or expired: create a new one.')
  return key
}
