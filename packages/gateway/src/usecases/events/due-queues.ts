import type { QueueId } from '../../domain/queue.js'
import type { DueQueue, EventStore } from '../../ports/store/events.js'
import { allPages } from '../../ports/store/pages.js'

/** Every queue with a waiting delivery. */
export const dueQueues = ({ events }: { readonly events: Pick<EventStore, 'queues'> }): AsyncGenerator<DueQueue> =>
  allPages(
    (after: QueueId | undefined, limit) => events.queues(after, limit),
    ({ queue }) => queue,
  )
