// Logs sinks that fail: a line when one begins to fail, and one when it accepts events again.

import { Attempts } from '../auth/attempts.js'
import { type QueueId, queueApplication, queueHost } from '../domain/queue.js'
import type { Log } from '../ports/log.js'
import type { DeliveryOutcome } from '../ports/store/events.js'

const MINUTE_MS = 60_000
/** Sinks that begin to fail and are logged, in a minute. */
const LINES = 10

/** By application and host, as queues are: paths of sinks may hold secrets. */
export class SinkTroubles {
  readonly #log: Log
  readonly #realNow: () => number
  readonly #lines: Attempts
  /** Those whose failure is in the log, and when it began. */
  readonly #failing = new Map<QueueId, number>()

  constructor({ log, realNow, monotonicNow }: { log: Log; realNow: () => number; monotonicNow: () => number }) {
    this.#log = log
    this.#realNow = realNow
    this.#lines = new Attempts({ limit: LINES, windowMs: MINUTE_MS, now: monotonicNow })
  }

  /** An attempt has ended. */
  heard(queue: QueueId, outcome: DeliveryOutcome): void {
    if (outcome.result === 'retry' || outcome.result === 'dead') this.#failed(queue, outcome.reason)
    // A sink that answers 410 for one session works.
    else if (outcome.result === 'delivered') this.#over(queue)
  }

  #failed(queue: QueueId, reason: string): void {
    if (this.#failing.has(queue)) return
    if (this.#lines.take('') > 0) {
      if (this.#lines.tellOnce('')) this.#log.warn({}, 'further failing sinks are not logged for a minute')
      return
    }
    this.#failing.set(queue, this.#realNow())
    this.#log.warn({ ...nameOf(queue), reason }, 'a sink does not accept events')
  }

  #over(queue: QueueId): void {
    const since = this.#failing.get(queue)
    if (since === undefined) return
    this.#failing.delete(queue)
    const failedForS = Math.round((this.#realNow() - since) / 1_000)
    this.#log.info({ ...nameOf(queue), failedForS }, 'a sink accepts events again')
  }
}

const nameOf = (queue: QueueId): object => ({ application: queueApplication(queue), host: queueHost(queue) })
