import { randomUUID } from 'node:crypto'
import { type ApplicationId, instant } from '@rightofway/camara'
import { checkVisible } from '../../auth/users/names.js'
import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'

/** @throws {QodError} `INVALID_ARGUMENT` the name has characters that are not displayed */
export async function createApplication(
  { store, realNow }: Pick<Deps, 'store' | 'realNow'>,
  name: string,
): Promise<Application> {
  checkVisible(name)
  const id = `app-${randomUUID()}` as ApplicationId
  const application: Application = { id, name, createdAt: instant(realNow()) }
  await store.applications.create(application)
  return application
}
