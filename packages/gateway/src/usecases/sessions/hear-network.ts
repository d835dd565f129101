import type { SessionId } from '@rightofway/camara'
import type { SessionEvent } from '../../domain/session.js'
import type { Stored, Version } from '../../ports/store/sessions.js'
import { decide } from '../decide.js'
import type { Deps } from '../deps.js'

/**
 * What a network says about a session, in answer to a task or by itself.
 * @param settles the version up to which this answers what the network was asked. Without, it was not asked: all that
 *   it can be the answer to is the first wish, which it left pending. A later one has still to be answered.
 */
export async function hearNetwork(
  deps: Pick<Deps, 'store' | 'clock'>,
  id: SessionId,
  event: Extract<SessionEvent, { type: 'granted' | 'refused' | 'lost' | 'released' }>,
  settles?: Version,
  first?: Stored,
): Promise<void> {
  await decide(
    deps,
    id,
    ({ session, version }) => {
      const answers = settles ?? (session.status === 'REQUESTED' ? version : undefined)
      return answers === undefined ? { event } : { event, settles: answers }
    },
    first,
  )
}
