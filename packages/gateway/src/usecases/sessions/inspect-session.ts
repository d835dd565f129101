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
  /** Whether no network task of it is waiting. */
  readonly networkTold: boolean
  /** Whether its network measures traffic. */
  readonly counted: boolean
  /** Networks that should keep it together with others and do not, with the reason. */
  readonly without: Readonly<Record<NetworkId, string>>
}

/** A session of any application, with its events and deliveries. @throws {QodError} `NOT_FOUND` */
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
