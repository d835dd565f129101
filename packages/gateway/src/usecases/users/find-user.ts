import { QodError } from '@rightofway/camara'
import type { UserId } from '../../domain/user.js'
import type { User } from '../../ports/store/users.js'
import type { Deps } from '../deps.js'

/** @throws {QodError} `NOT_FOUND` */
export async function findUser({ store }: Pick<Deps, 'store'>, id: string): Promise<User> {
  const user = await store.users.find(id as UserId)
  if (user === undefined) throw new QodError('NOT_FOUND', 'There is no such user.')
  return user
}

/** Without an admin nobody could invite anybody. @throws {QodError} `CONFLICT` */
export async function checkOtherAdmin({ store }: Pick<Deps, 'store'>, leaving: User): Promise<void> {
  if (leaving.role !== 'admin') return
  const others = (await store.users.list()).filter(({ id, role }) => role === 'admin' && id !== leaving.id)
  if (others.length === 0) throw new QodError('CONFLICT', 'This is the last admin: create another admin first.')
}
