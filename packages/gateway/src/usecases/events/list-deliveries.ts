import { QodError, type SessionId } from '@rightofway/camara'
import type { DeliveryRecord } from '../../ports/store/events.js'
import type { Deps } from '../deps.js'

/** The state of delivery of a session's events, in order. @throws {QodError} `NOT_FOUND` */
export async function listDeliveries(
  { store }: Pick<Deps, 'store'>,
  session: SessionId,
): Promise<readonly DeliveryRecord[]> {
  const records = await store.events.deliveriesOf(session)
  if (records.length === 0 && (await store.sessions.find(session)) === undefined) {
    throw new QodError('NOT_FOUND', 'There is no such session, or it is no longer kept.')
  }
  return records
}
