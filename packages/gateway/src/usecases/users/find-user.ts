import { QodError } from '@rightofway/camara'
import type { UserId } from '../../domain/user.js'
import { allPages } from '../../ports/store/pages.js'
import type { User } from '../../ports/store/users.js'
import type { Deps } from '../deps.js'

/** @throws {QodError} `NOT_FOUND` */
export async function findUser({ store }: Pick<Deps, 'store'>, id: string): Promise<User> {
  const user = await store.users.find(id as UserId)
  if (user === undefined) throw new QodError('NOT_FOUND', 'There is no such user.')
  return user
}

/** Refuses to remove the last admin: without one, no user could be invited. @throws {QodError} `CONFLICT` */
export async function checkOtherAdmin({ store }: Pick<Deps, 'store'>, leaving: User): Promise<void> {
  if (leaving.role !== 'admin') return
  const all = allPages(
    (after: string | undefined, limit) => store.users.list(after, limit),
    ({ name }) => name,
  )
  for await (const { id, role } of all) if (role === 'admin' && id !== leaving.id) return
  throw new QodError('CONFLICT', 'This is the last admin: create another admin first.')
}
