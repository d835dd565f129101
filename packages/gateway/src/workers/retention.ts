import { instant } from '@rightofway/camara'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Store } from '../ports/store/store.js'

/** Between two rounds, in real time. */
const PERIOD_MS = 600_000

export interface RetentionDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly realNow: () => number
  /** How long events of past sessions are kept. */
  readonly historyMs: number
  /** How long the audit log is kept. */
  readonly auditMs: number
}

/** Has the store delete expired data at intervals. */
export class Retention {
  readonly #deps: RetentionDeps
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(deps: RetentionDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#tidy().finally(() => {
        this.#running = undefined
      })
    }, PERIOD_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #tidy(): Promise<void> {
    const { store, clock, log, realNow, historyMs, auditMs } = this.#deps
    try {
      await store.tidy(clock.now(), instant(realNow()), historyMs)
      // The audit log is kept by real time, also in a sandbox.
      await store.audit.forget(instant(realNow() - auditMs))
    } catch (error) {
      log.error({ err: error }, 'expired data could not be deleted')
    }
  }
}
