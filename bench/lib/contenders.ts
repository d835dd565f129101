// Four implementations of timers: ours on both stores, and two job queues on PostgreSQL. The queues are configured
// as fast as their documentation allows, with more frequent polling than by default.

import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import PgBoss from 'pg-boss'
import { openPostgresStore } from '../../packages/gateway/src/adapters/store-postgres/store.js'
import { openSqliteStore } from '../../packages/gateway/src/adapters/store-sqlite/store.js'
import { SystemClock } from '../../packages/gateway/src/adapters/system-clock.js'
import type { Store } from '../../packages/gateway/src/ports/store/store.js'
import { Timers } from '../../packages/gateway/src/workers/timers.js'
import { addActiveSessions } from './active-sessions.js'
import { COMPLAINING } from './log.js'

export interface Contender {
  /** Adds a timer for each of `times`, milliseconds since the epoch. */
  add(times: readonly number[]): Promise<void>
  /** Starts firing; `onDue` is called for each timer, with the milliseconds by which it was late. */
  start(onDue: (latenessMs: number) => void): Promise<void>
  close(): Promise<void>
}

/** Sessions that end. Each counts when its end is committed. */
function ofSessions(store: Store, clock: SystemClock): Contender {
  let timers: Timers | undefined
  return {
    add: async (times) => void (await addActiveSessions(store, times)),
    async start(onDue) {
      timers = new Timers({ store, clock, log: COMPLAINING, onFired: onDue })
      timers.start()
    },
    async close() {
      await timers?.stop()
      await store.close()
    },
  }
}

export async function sqliteTimers(file: string): Promise<Contender> {
  return ofSessions(openSqliteStore({ file }), new SystemClock(Date.now))
}

export async function postgresTimers(url: string): Promise<Contender> {
  const store = await openPostgresStore({ url, name: 'bench' })
  const clock = new SystemClock(() => store.time.now())
  store.attend(() => clock.now())
  return ofSessions(store, clock)
}

interface Job {
  readonly due: number
}

const INSERTED_AT_ONCE = 1_000

/** In batches of a size that suits a queue. */
async function inPieces(times: readonly number[], add: (times: readonly number[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < times.length; from += INSERTED_AT_ONCE)
    await add(times.slice(from, from + INSERTED_AT_ONCE))
}

/** The minimum of pg-boss. */
const BOSS_POLL_S = 0.5
/** They take turns: one of them looks every 100 ms. Of 2, 4, 5, 10 and 20, with batches to match, these were least late. */
const BOSS_WORKERS = 5
const BOSS_BATCH = 2_000

/** pg-boss: workers that poll as often as allowed, in turns, in large batches. A job counts when it is started. */
export async function pgBoss(url: string): Promise<Contender> {
  const queue = 'bench'
  const boss = new PgBoss({ connectionString: url, max: BOSS_WORKERS * 2, schedule: false, supervise: false })
  boss.on('error', (error) => COMPLAINING.error({ err: error }, 'pg-boss'))
  await boss.start()
  await boss.createQueue(queue)
  return {
    add: (times) =>
      inPieces(times, (some) =>
        boss.insert(some.map((due) => ({ name: queue, data: { due }, startAfter: new Date(due) }))),
      ),
    async start(onDue) {
      const options = { pollingIntervalSeconds: BOSS_POLL_S, batchSize: BOSS_BATCH, priority: false }
      for (let worker = 0; worker < BOSS_WORKERS; worker++) {
        await boss.work<Job>(queue, options, async (jobs) => {
          const now = Date.now()
          for (const { data } of jobs) onDue(now - data.due)
        })
        await new Promise((resolve) => setTimeout(resolve, (BOSS_POLL_S * 1000) / BOSS_WORKERS))
      }
    },
    close: () => boss.stop({ graceful: true, wait: true }),
  }
}

const WORKER_POLL_MS = 10

/**
 * graphile-worker, with what its page on performance was measured with, but for the poll: what is due in the future is
 * found by polling alone. A job counts when it is begun.
 */
export async function graphileWorker(url: string): Promise<Contender> {
  const task = 'bench'
  const logger = new Logger(() => (level, message) => {
    if (level === 'error') COMPLAINING.error({}, message)
  })
  const preset = {
    worker: {
      connectionString: url,
      concurrentJobs: 24,
      maxPoolSize: 25,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      pollInterval: WORKER_POLL_MS,
    },
  }
  const utils = await makeWorkerUtils({ connectionString: url, logger })
  await utils.migrate()
  let stop: () => Promise<void> = async () => undefined
  return {
    add: (times) =>
      inPieces(times, (some) =>
        utils.addJobs(some.map((due) => ({ identifier: task, payload: { due }, runAt: new Date(due) }))),
      ),
    async start(onDue) {
      const runner = await run({
        preset,
        logger,
        noHandleSignals: true,
        taskList: { [task]: async (payload) => onDue(Date.now() - (payload as Job).due) },
      })
      stop = () => runner.stop()
    },
    async close() {
      await stop()
      await utils.release()
    },
  }
}
