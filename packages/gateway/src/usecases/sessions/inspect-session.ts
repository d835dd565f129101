import type { NetworkId, SessionId } from '@rightofway/camara'
import { reservationIdOf } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { Deps } from '../deps.js'
import { findSession } from './find-session.js'

export interface InspectedSession {
  readonly session: Session
  /** In order. */
  readonly events: readonly SessionEventRecord[]
  /** Whether its network knows all that it should. */
  readonly networkTold: boolean
  /** Whether its network counts what sessions carry. */
  readonly counted: boolean
  /** Networks that should keep it together with others and do not, with the reason. */
  readonly without: Readonly<Record<NetworkId, string>>
}

/** A session with what became of it, whoever asked for it. @throws {QodError} `NOT_FOUND` */
export async function inspectSession(
  deps: Pick<Deps, 'store' | 'clock' | 'networks'>,
  id: SessionId,
): Promise<InspectedSession> {
  const { store, networks } = deps
  const session = await findSession(deps, id)
  const network = networks.get(session.network)
  const [events, waiting, without = {}] = await Promise.all([
    store.events.ofSession(id, 0),
    store.sessions.hasTask(id),
    network?.without?.(reservationIdOf(id)),
  ])
  return { session, events, networkTold: !waiting, counted: network?.usage !== undefined, without }
}
