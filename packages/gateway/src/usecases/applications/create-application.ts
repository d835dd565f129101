import { randomUUID } from 'node:crypto'
import { type ApplicationId, instant } from '@rightofway/camara'
import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'

export async function createApplication(
  { store, realNow }: Pick<Deps, 'store' | 'realNow'>,
  name: string,
): Promise<Application> {
  const id = `app-${randomUUID()}` as ApplicationId
  const application: Application = { id, name, createdAt: instant(realNow()) }
  await store.applications.create(application)
  return application
}
