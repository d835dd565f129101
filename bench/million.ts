// A million active sessions in the embedded store: how soon a gateway answers, what memory it takes, how many more it
// creates a second, how late it ends 10 000 of them within one second, and how soon after a start it ends what is due.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkId, SessionId } from '@rightofway/camara'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'
import { withinASecond } from './lib/active-sessions.js'
import { latenessOfEnds, openStore } from './lib/ends.js'
import { Subject } from './lib/operations.js'
import { residentBytes, withFolder } from './lib/processes.js'
import { atLeast, atMost, type BenchResult, machine, median, quantile } from './lib/result.js'
import { copySession, type Seed } from './lib/seeds.js'
import { addressOf, BENCH_CONFIG, SESSIONS_PATH, sessionBody } from './lib/sessions.js'

const SESSIONS = Number(process.env['BENCH_SESSIONS'] ?? 1_000_000)
const ENDING = 10_000
const RUNS = 5
const TIME = { warmupMs: 1_000, measureMs: 3_000 } as const
const DAY_S = 86_400
/** Of the devices of those that are there; loads count from 1 on. */
const FIRST_NUMBER = 8_000_000
/** They end some time between one hour from now and a day. */
const SOONEST_MS = 3_600_000
/** Time for opening the store and starting the workers. */
const LEAD_MS = 10_000
const LOOK_MS = 20

export const run = (): Promise<BenchResult> =>
  withFolder(async (folder) => {
    const config = join(folder, 'config.yaml')
    writeFileSync(config, BENCH_CONFIG)
    const dataDir = join(folder, 'full')
    const running = new Set<GatewayProcess>()
    const start = async (dir = dataDir): Promise<GatewayProcess> => {
      const gateway = await startGatewayProcess({ dataDir: dir, flags: ['--config', config] })
      running.add(gateway)
      return gateway
    }
    const stop = async (gateway: GatewayProcess) => {
      await gateway.signal('SIGTERM')
      running.delete(gateway)
    }
    try {
      const first = await start()
      const key = await first.newKey()
      const original = await createOne(first, key)
      await stop(first)
      copySession(dataDir, original, Array.from({ length: SESSIONS - 1 }, anyTime))

      const began = performance.now()
      const full = await start()
      await read(full, key, original)
      const firstAnswerMs = performance.now() - began
      const atStart = residentBytes(full.process)

      const empty = await start(join(folder, 'empty'))
      const rates = await createRates(await Subject.of([empty]), await Subject.of([full]))
      const afterCreates = residentBytes(full.process)
      await stop(empty)
      await stop(full)

      const overdue = Array.from({ length: ENDING }, (_, n) => ({
        end: Date.now(),
        number: FIRST_NUMBER + SESSIONS + n,
      }))
      copySession(dataDir, original, overdue)
      const again = await start()
      const overdueMs = await toldAfterReady(again, ENDING)
      await stop(again)

      const seconds = withinASecond(Date.now() + LEAD_MS, ENDING)
      const ending = seconds.map((end, n) => ({ end, number: FIRST_NUMBER + SESSIONS + ENDING + n }))
      const ids = copySession(dataDir, original, ending)
      const store = await openStore(join(dataDir, 'store.db'))
      const ends = new Map(ids.map((id, n) => [id, seconds[n] as number]))
      const latenessMs = await latenessOfEnds(store, 'simulator' as NetworkId, ends)
      await store.close()
      return {
        machine: machine(),
        figures: [
          { name: 'sessions active', value: SESSIONS },
          atMost('from the start of the process to its first answer, s', firstAnswerMs / 1000, 3),
          { name: 'resident memory after the start, MB', value: atStart / 1e6 },
          atMost('resident memory after the creates, MB', afterCreates / 1e6, 400),
          { name: 'create answered AVAILABLE, on an empty store, per second', value: median(rates.empty) },
          { name: 'create answered AVAILABLE, among them, per second', value: median(rates.full) },
          atLeast(
            'creates among them, ratio to an empty store',
            median(rates.full.map((rate, n) => rate / (rates.empty[n] as number))),
            0.8,
          ),
          { name: `lateness of half of ${ENDING} ends in one second, ms`, value: quantile(latenessMs, 0.5) },
          atMost(`lateness of 99 % of ${ENDING} ends in one second, ms`, quantile(latenessMs, 0.99), 50),
          atMost(`from /readyz after a start to the last of ${ENDING} ends overdue, s`, overdueMs / 1000, 1),
        ],
      }
    } finally {
      for (const gateway of running) await gateway.signal('SIGTERM')
    }
  })

const anyTime = (_: unknown, n: number): Seed => ({
  end: Date.now() + SOONEST_MS + Math.floor((n * (DAY_S * 1000 - SOONEST_MS)) / SESSIONS),
  number: FIRST_NUMBER + n,
})

async function createOne({ url }: GatewayProcess, key: string): Promise<SessionId> {
  const answer = await fetch(url + SESSIONS_PATH, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: sessionBody(DAY_S).replaceAll('#4', addressOf(0)),
  })
  const { sessionId, qosStatus } = (await answer.json()) as { sessionId: SessionId; qosStatus: string }
  if (qosStatus !== 'AVAILABLE') throw new Error(`a create was answered ${answer.status} ${qosStatus}`)
  return sessionId
}

async function read({ url }: GatewayProcess, key: string, id: SessionId): Promise<void> {
  const answer = await fetch(`${url}${SESSIONS_PATH}/${id}`, { headers: { authorization: `Bearer ${key}` } })
  if (answer.status !== 200) throw new Error(`a get was answered ${answer.status}`)
}

async function createRates(empty: Subject, full: Subject): Promise<Record<'empty' | 'full', number[]>> {
  const rates = { empty: [] as number[], full: [] as number[] }
  for (let n = 0; n < RUNS; n++) {
    rates.empty.push((await empty.load('create', TIME)).perSecond)
    rates.full.push((await full.load('create', TIME)).perSecond)
  }
  return rates
}

/** Milliseconds from the first 200 of /readyz until the network has been told of that many ends. */
async function toldAfterReady({ url }: GatewayProcess, count: number): Promise<number> {
  while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(LOOK_MS)
  const ready = performance.now()
  while ((await released(url)) < count) await sleep(LOOK_MS)
  return performance.now() - ready
}

async function released(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const [, count = '0'] = /^rightofway_network_answer_seconds_count\{.*task="release".*\} (\d+)$/m.exec(metrics) ?? []
  return Number(count)
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
