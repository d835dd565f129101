import { QodError } from '@rightofway/camara'
import type { Role } from '../../domain/user.js'
import type { User } from '../../ports/store/users.js'
import type { Deps } from '../deps.js'
import { checkOtherAdmin, findUser } from './find-user.js'

/** @throws {QodError} `NOT_FOUND`; `CONFLICT` it is the last admin, or an OpenID provider decides on the role */
export async function changeRole(deps: Pick<Deps, 'store'>, id: string, role: Role): Promise<User> {
  const user = await findUser(deps, id)
  if (user.subject !== undefined) {
    throw new QodError('CONFLICT', 'The OpenID provider sets the role of this user: change it there.')
  }
  if (role !== 'admin') await checkOtherAdmin(deps, user)
  await deps.store.users.update(user.id, { role })
  return { ...user, role }
}
