import type { User } from '../../ports/store/users.js'
import type { Deps } from '../deps.js'

export const listUsers = ({ store }: Pick<Deps, 'store'>): Promise<readonly User[]> => store.users.list()
