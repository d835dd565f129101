import type { Instant } from '@rightofway/camara'
import type { QueueId, QueueState } from '../../domain/queue.js'
import type { Deps } from '../deps.js'

/** What is under way in the queues of deliveries of this gateway. */
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
  const due = await store.events.queues()
  return Promise.all(
    due.map(async ({ queue, at }) => ({
      queue,
      waiting: await store.events.countWaiting(queue),
      nextAttemptAt: at,
      ...queues.state(queue),
    })),
  )
}
