import type { Instant } from '@rightofway/camara'
import type { QueueId, QueueState } from '../../domain/queue.js'
import type { Deps } from '../deps.js'
import { dueQueues } from './due-queues.js'

/** Attempts under way in the delivery queues of this gateway. */
export interface QueueStates {
  state(queue: QueueId): QueueState
}

export interface EventQueue extends QueueState {
  readonly queue: QueueId
  /** Deliveries in it. */
  readonly waiting: number
  readonly nextAttemptAt: Instant
}

/** Every queue in which deliveries wait. */
export async function listEventQueues({
  store,
  queues,
}: Pick<Deps, 'store'> & { readonly queues: QueueStates }): Promise<readonly EventQueue[]> {
  const listed: EventQueue[] = []
  for await (const { queue, at } of dueQueues(store)) {
    const waiting = await store.events.countWaiting(queue)
    listed.push({ queue, waiting, nextAttemptAt: at, ...queues.state(queue) })
  }
  return listed
}
