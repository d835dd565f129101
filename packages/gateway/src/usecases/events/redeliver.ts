import { QodError, type SessionId } from '@rightofway/camara'
import type { DeliveryRecord, EventPosition } from '../../ports/store/events.js'
import type { Deps } from '../deps.js'
import { listDeliveries } from './list-deliveries.js'

type Redelivering = Pick<Deps, 'store' | 'clock'>

/** Sends all dead letters again. @returns how many */
export const redeliverDeadLetters = ({ store, clock }: Redelivering): Promise<number> =>
  store.events.redeliver('dead-letters', clock.now())

/**
 * Sends all events of a session again that were not delivered.
 * @returns how many
 * @throws {QodError} `NOT_FOUND`; `CONFLICT` the session has no sink, or it is no longer kept
 */
export async function redeliverSession(deps: Redelivering, session: SessionId): Promise<number> {
  const records = await listDeliveries(deps, session)
  const redelivered = await deps.store.events.redeliver({ session }, deps.clock.now())
  checkSinkKnown(
    redelivered,
    records.filter(({ state }) => state !== 'delivered'),
  )
  return redelivered
}

/**
 * Sends an event again, even one that was delivered.
 * @returns how many: 1
 * @throws {QodError} `NOT_FOUND`; `CONFLICT` the session has no sink, or it is no longer kept
 */
export async function redeliverEvent(
  { store, clock }: Redelivering,
  event: EventPosition | undefined,
): Promise<number> {
  const records = event === undefined ? [] : await store.events.deliveriesOf(event.session)
  const record = records.find(({ event: { ordinal } }) => ordinal === event?.ordinal)
  if (event === undefined || record === undefined) throw new QodError('NOT_FOUND', 'There is no such event.')
  const redelivered = await store.events.redeliver({ event }, clock.now())
  checkSinkKnown(redelivered, [record])
  return redelivered
}

function checkSinkKnown(redelivered: number, wanted: readonly DeliveryRecord[]): void {
  if (redelivered > 0 || wanted.length === 0) return
  throw new QodError(
    'CONFLICT',
    wanted.every(({ state }) => state === 'none')
      ? 'The session has no sink.'
      : 'The sink is unknown, because the session is no longer kept.',
  )
}
