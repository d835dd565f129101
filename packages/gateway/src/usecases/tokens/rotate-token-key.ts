import type { SigningKeys } from '../../auth/secrets/signing-keys.js'
import type { Deps } from '../deps.js'

/**
 * Creates a new key that signs access tokens.
 * @param immediately the old ones are not published any more, and every gateway verifies the tokens it knows anew
 */
export async function rotateTokenKey(
  { store, tokenKeys }: Pick<Deps, 'store'> & { readonly tokenKeys: SigningKeys },
  immediately: boolean,
): Promise<void> {
  await tokenKeys.rotate(immediately)
  // Every gateway verifies its cached tokens again.
  if (immediately) await store.grants.deleteGroup('token-keys')
}
