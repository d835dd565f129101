import type { User } from '../../ports/store/users.js'
import type { Deps } from '../deps.js'

/** Users by name, from behind the name `after`. */
export const listUsers = (
  { store }: Pick<Deps, 'store'>,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly User[]> => store.users.list(after, limit)
