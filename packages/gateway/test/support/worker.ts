// What workers are tested with: a store in memory, a clock that stands still unless it is moved, and a log to look at.

import { openSqliteStore } from '../../src/adapters/store-sqlite/store.js'
import { SystemClock } from '../../src/adapters/system-clock.js'
import { NOON } from '../../src/domain/session.fixture.js'
import type { Log } from '../../src/ports/log.js'
import type { Store } from '../../src/ports/store/store.js'
import { SandboxClock } from '../../src/sandbox/clock.js'

export interface WorkerWorld {
  readonly store: Store
  /** At noon, until it is moved. */
  readonly clock: SandboxClock
  readonly log: Log
  /** What was logged above `debug`: level and message. */
  readonly logged: string[]
  /** Moves real time, and so leases. */
  passRealTime(ms: number): void
  readonly monotonicNow: () => number
  close(): Promise<void>
}

export async function openWorkerWorld(): Promise<WorkerWorld> {
  let passedMs = 0
  const monotonicNow = () => passedMs
  const store = openSqliteStore({ file: ':memory:', monotonicNow })
  const clock = await SandboxClock.start(new SystemClock(() => NOON), {
    load: async () => 0,
    save: async () => undefined,
  })
  const logged: string[] = []
  const at = (level: string) => (_fields: object, message: string) => void logged.push(`${level}: ${message}`)
  return {
    store,
    clock,
    log: { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') },
    logged,
    passRealTime: (ms) => {
      passedMs += ms
    },
    monotonicNow,
    close: () => store.close(),
  }
}
