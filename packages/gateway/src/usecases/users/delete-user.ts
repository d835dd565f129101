import type { Deps } from '../deps.js'
import { checkOtherAdmin, findUser } from './find-user.js'

/** Deletes a user and signs them out everywhere. @throws {QodError} `NOT_FOUND`; `CONFLICT` it is the last admin */
export async function deleteUser(deps: Pick<Deps, 'store'>, id: string): Promise<void> {
  const user = await findUser(deps, id)
  await checkOtherAdmin(deps, user)
  await deps.store.users.delete(user.id)
}
