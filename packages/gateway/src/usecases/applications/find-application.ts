import { type ApplicationId, QodError } from '@rightofway/camara'
import type { Application } from '../../ports/store/applications.js'
import type { Deps } from '../deps.js'

/** @throws {QodError} `NOT_FOUND` */
export async function findApplication({ store }: Pick<Deps, 'store'>, id: string): Promise<Application> {
  const application = await store.applications.find(id as ApplicationId)
  if (application === undefined) throw new QodError('NOT_FOUND', 'There is no such application.')
  return application
}
