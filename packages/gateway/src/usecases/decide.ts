import type { Mutable, SessionId } from '@rightofway/camara'
import { type Session, type SessionEvent, step } from '../domain/session.js'
import { type SessionCommit, StaleVersion, type Stored, type Version } from '../ports/store/sessions.js'
import type { Deps } from './deps.js'

/** Losing that many races in a row is no race any more. */
const ATTEMPTS = 20

export interface Decision {
  readonly event: SessionEvent
  /** See `Change.settles`. */
  readonly settles?: Version
}

/**
 * Load, decide, commit: applies the event that `choose` names to a session, and decides again when somebody else was
 * faster. A step that changes nothing commits nothing.
 * @returns the session as it is now; undefined if it is forgotten or was not found
 * @throws whatever `choose` or `step` throws: then nothing is changed
 */
export async function decide(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  id: SessionId,
  choose: (stored: Stored) => Decision | Promise<Decision>,
  first?: Stored,
): Promise<Session | undefined> {
  let stored = first ?? (await store.sessions.find(id))
  for (let attempt = 1; stored !== undefined; attempt++) {
    const { event, settles } = await choose(stored)
    const next = step(stored.session, event, clock.now())
    try {
      if (next.session !== stored.session) {
        const change: Mutable<SessionCommit> = { id, basedOn: stored.version, step: next }
        if (settles !== undefined) change.settles = settles
        await store.sessions.commit(change)
      } else if (settles !== undefined) {
        await store.work.settle(id, settles)
      }
      return next.session
    } catch (error) {
      if (!(error instanceof StaleVersion) || attempt === ATTEMPTS) throw error
      stored = await store.sessions.find(id)
    }
  }
  return undefined
}
