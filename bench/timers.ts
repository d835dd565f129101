// How late timers are, and how many fire a second: those of the gateway beside two job queues, one after the other on
// the same PostgreSQL. All fire each timer when it is due, once, and durably.

import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '../packages/gateway/test/support/postgres.js'
import { withinASecond } from './lib/active-sessions.js'
import { type Contender, graphileWorker, pgBoss, postgresTimers, sqliteTimers } from './lib/contenders.js'
import { withFolder } from './lib/processes.js'
import { type BenchResult, type Figure, machine, median, quantile } from './lib/result.js'

const JOBS = Number(process.env['BENCH_JOBS'] ?? 10_000)
const RUNS = 3
/** Between the last timer that is added and the first that is due, so that all are stored and nothing is busy. */
const QUIET_MS = 1_500
const OURS = 'gateway on PostgreSQL'
const SHARES = [
  { share: 0.5, name: 'half of them' },
  { share: 0.95, name: '95 %' },
  { share: 0.99, name: '99 %' },
] as const

interface Outcome {
  readonly latenessMs: readonly number[]
  /** Of as many that were due before it started, from the first to the last. */
  readonly perSecond: number
}

export const run = (): Promise<BenchResult> =>
  withFolder(async (folder) => {
    const postgres: TestPostgres = await startPostgres({ durable: true })
    let files = 0
    const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
      'gateway on SQLite': () => sqliteTimers(join(folder, `${++files}.db`)),
      [OURS]: async () => postgresTimers(await postgres.database()),
      'graphile-worker': async () => graphileWorker(await postgres.database()),
      'pg-boss': async () => pgBoss(await postgres.database()),
    }
    const outcomes = new Map<string, Outcome[]>(Object.keys(contenders).map((name) => [name, []]))
    try {
      for (let n = 0; n < RUNS; n++) {
        for (const [name, open] of Object.entries(contenders)) outcomes.get(name)?.push(await measure(await open()))
      }
    } finally {
      await postgres.close()
    }
    return { machine: machine(), figures: figures(outcomes) }
  })

async function measure(contender: Contender): Promise<Outcome> {
  try {
    const before = performance.now()
    await contender.add(Array.from({ length: JOBS }, () => Date.now()))
    const addingMs = performance.now() - before

    let count = new Count()
    await contender.start((latenessMs) => count.add(latenessMs))
    const perSecond = await count.perSecond

    count = new Count()
    const due = Date.now() + 1.5 * addingMs + QUIET_MS
    await contender.add(withinASecond(due, JOBS))
    if (Date.now() > due)
      throw new Error('some were due before all were added: the machine is too busy to say anything')
    await count.perSecond
    return { latenessMs: count.latenessMs, perSecond }
  } finally {
    await contender.close()
  }
}

/** Counts fired timers until all have fired. */
class Count {
  readonly latenessMs: number[] = []
  /** From the first to the last. */
  readonly perSecond: Promise<number>
  #resolve: (perSecond: number) => void = () => undefined
  #began = 0

  constructor() {
    this.perSecond = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  add(latenessMs: number): void {
    if (this.latenessMs.push(latenessMs) === 1) this.#began = performance.now()
    if (this.latenessMs.length === JOBS) this.#resolve((JOBS * 1000) / (performance.now() - this.#began))
  }
}

function figures(outcomes: ReadonlyMap<string, readonly Outcome[]>): Figure[] {
  const lateness = (name: string, share: number) =>
    median((outcomes.get(name) ?? []).map(({ latenessMs }) => quantile(latenessMs, share)))
  const rates = (name: string) => (outcomes.get(name) ?? []).map(({ perSecond }) => perSecond)
  const names = [...outcomes.keys()]
  const others = names.filter((name) => name !== OURS)
  return [
    { name: 'due within one second', value: JOBS },
    ...SHARES.flatMap(({ share, name: most }) =>
      names.map((name) => ({ name: `lateness of ${most}, ${name}, ms`, value: lateness(name, share) })),
    ),
    ...names.map((name) => ({ name: `of a backlog, ${name}, per second`, value: median(rates(name)) })),
    ...others.map((name) => ({
      name: `lateness of 99 %, ${name}, ratio to ${OURS}`,
      value: lateness(name, 0.99) / lateness(OURS, 0.99),
    })),
    ...others.map((name) => ({
      name: `of a backlog, ${name}, ratio to ${OURS}`,
      value: median(rates(name).map((rate, index) => rate / (rates(OURS)[index] as number))),
    })),
  ]
}
