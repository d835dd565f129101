// Deliveries of one application to one host form one queue. Attempts are limited by queue, so that a host that does
// not answer delays no other host, and an application with a slow sink delays no other application at the same host.

import type { ApplicationId } from '@rightofway/camara'

export type QueueId = string & { readonly queue: true }

/** @param host name and port, as in `URL.host` */
export const queueOf = (application: ApplicationId, host: string): QueueId => `${application} ${host}` as QueueId

// Neither ids of applications nor hosts have a space in them.

export const queueHost = (queue: QueueId): string => queue.slice(queue.indexOf(' ') + 1)

export const queueApplication = (queue: QueueId): ApplicationId => queue.slice(0, queue.indexOf(' ')) as ApplicationId

/** Of one queue. */
export interface QueueState {
  /** Its sinks are slow or do not answer. */
  readonly slow: boolean
  /** Attempts under way. */
  readonly underWay: number
}

/** Of all queues. */
export interface QueueStats {
  /** Attempts under way. */
  readonly underWay: Readonly<Record<'quick' | 'slow', number>>
  /** Queues with a due delivery for which there is no slot. */
  readonly held: number
  /** Queues whose sinks are slow or do not answer. */
  readonly slow: number
}
