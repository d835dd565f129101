import type { Mutable, ResourceId } from '@rightofway/camara'
import { type ResourceEvent, type ResourceOf, stepResource } from '../../domain/resource.js'
import { type SessionCommit, StaleVersion, type Stored, type Version } from '../../ports/store/sessions.js'
import type { Deps } from '../deps.js'

/** How often something can be decided again: losing that many races in a row is no race any more. */
const ATTEMPTS = 20

export interface Decision {
  readonly event: ResourceEvent
  /** See `SessionCommit.settles`. */
  readonly settles?: Version
}

/**
 * Load, decide, commit: applies the event that `choose` names to a session or an assignment, and decides again when
 * somebody else was faster. A step that changes nothing commits nothing.
 * @returns it, as it is now; undefined if it is forgotten or was not found
 * @throws whatever `choose` or the step throws: then nothing is changed
 */
export async function decide<I extends ResourceId>(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  id: I,
  choose: (stored: Stored<ResourceOf<I>>) => Decision | Promise<Decision>,
  first?: Stored<ResourceOf<I>>,
): Promise<ResourceOf<I> | undefined> {
  let stored = first ?? (await store.sessions.find(id))
  for (let attempt = 1; stored !== undefined; attempt++) {
    const { event, settles } = await choose(stored)
    const next = stepResource(stored.session, event, clock.now())
    try {
      if (next.session !== stored.session) {
        const change: Mutable<SessionCommit> = { id, basedOn: stored.version, step: next }
        if (settles !== undefined) change.settles = settles
        await store.sessions.commit(change)
      } else if (settles !== undefined) {
        await store.work.settle(id, settles)
      }
      return next.session as ResourceOf<I> | undefined
    } catch (error) {
      if (!(error instanceof StaleVersion) || attempt === ATTEMPTS) throw error
      stored = await store.sessions.find(id)
    }
  }
  return undefined
}
