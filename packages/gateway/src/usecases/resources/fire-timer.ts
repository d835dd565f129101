import type { Resource } from '../../domain/resource.js'
import type { Stored } from '../../ports/store/sessions.js'
import type { Deps } from '../deps.js'
import { decide } from './decide.js'

/** The moment that a session or an assignment set its timer to has come. */
export async function fireTimer(deps: Pick<Deps, 'store' | 'clock'>, stored: Stored<Resource>): Promise<void> {
  const { id } = stored.session
  await decide(
    deps,
    id,
    async ({ session }) => ({
      event: { type: 'timer', released: session.status === 'UNAVAILABLE' && !(await deps.store.sessions.hasTask(id)) },
    }),
    stored,
  )
}
