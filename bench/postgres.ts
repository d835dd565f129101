// Requests per second by operation, on the embedded store and on PostgreSQL, compared with a bare node:http
// echo in the same run; and those of two and three gateways on one PostgreSQL, compared with one. Durable: an
// fsync or a committed transaction comes before every answer.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveSimulator } from '@rightofway/gateway'
import { startPostgres } from '../packages/gateway/test/support/postgres.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'
import { OPERATIONS, type Operation, Subject } from './lib/operations.js'
import { load, withEcho, withFolder } from './lib/processes.js'
import { processorTimeUs } from './lib/processor-time.js'
import { type BenchResult, type Figure, machine, median } from './lib/result.js'
import { BENCH_CONFIG, CAPACITY_BPS, CONNECTIONS, echoOrder, sharedConfig } from './lib/sessions.js'

const RUNS = 3
const TIME = { warmupMs: 500, measureMs: 1_500 } as const
const SIZES = [1, 2, 3] as const
/** A new key for each gateway. */
const SERVING = 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()'

type Rates = Record<Operation, number[]>
const noRates = (): Rates => ({ create: [], get: [], extend: [], retrieve: [], delete: [] })

export const run = (): Promise<BenchResult> =>
  withFolder(async (folder) => {
    const postgres = await startPostgres({ durable: true })
    const capacity = { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }
    const simulator = await serveSimulator({ file: ':memory:', port: 0, capacity })
    const gateways: GatewayProcess[] = []
    const start = async (config: string, url?: string, keys = ''): Promise<GatewayProcess> => {
      const dataDir = join(folder, String(gateways.length))
      const file = `${dataDir}.yaml`
      writeFileSync(file, config)
      const env = url === undefined ? {} : { RIGHTOFWAY_STORE_URL: url, RIGHTOFWAY_KEYRING_KEYS: keys }
      const flags = ['--config', file, '--name', `gateway-${gateways.length}`, '--public-url', 'http://localhost']
      const gateway = await startGatewayProcess({ dataDir, flags, env })
      gateways.push(gateway)
      return gateway
    }
    /** Several on a new database, and in front of one network. */
    const together = async (config: string, size: number): Promise<Subject> => {
      const url = await postgres.database()
      const keys = randomBytes(32).toString('base64')
      const all: [GatewayProcess, ...GatewayProcess[]] = [await start(config, url, keys)]
      while (all.length < size) all.push(await start(config, url, keys))
      return Subject.of(all)
    }
    try {
      const sqlite = await Subject.of([await start(BENCH_CONFIG)])
      const alone = await together(BENCH_CONFIG, 1)
      const shared = sharedConfig(simulator.url)
      const clusters: Subject[] = []
      for (const size of SIZES) clusters.push(await together(shared, size))

      const pid = gateways[1]?.process.pid as number
      /** Processor time used so far: by the gateway that is alone on a database, and by all of PostgreSQL. */
      const timesUs = async () => {
        const backends = await postgres.query<{ pid: number }>(postgres.url('postgres'), SERVING)
        const ofDatabase = backends.reduce((sum, { pid }) => sum + processorTimeUs(pid), 0)
        return { ofGateway: processorTimeUs(pid), ofDatabase }
      }
      const us = { ofGateway: [] as number[], ofDatabase: [] as number[] }
      const rates = { echo: [] as number[], sqlite: noRates(), postgres: noRates(), clusters: SIZES.map(noRates) }
      await withEcho(async (port) => {
        for (let n = 1; n <= RUNS; n++) {
          rates.echo.push((await load(echoOrder(port, { ...TIME, connections: CONNECTIONS }))).perSecond)
          for (const operation of OPERATIONS) {
            rates.sqlite[operation].push((await sqlite.load(operation, TIME)).perSecond)
            const before = await timesUs()
            const { perSecond, kept } = await alone.load(operation, TIME)
            rates.postgres[operation].push(perSecond)
            if (operation !== 'create') continue
            const { ofGateway, ofDatabase } = await timesUs()
            us.ofGateway.push((ofGateway - before.ofGateway) / kept.length)
            us.ofDatabase.push((ofDatabase - before.ofDatabase) / kept.length)
          }
          for (const operation of ['create', 'get'] as const) {
            for (const [index, cluster] of clusters.entries()) {
              rates.clusters[index]?.[operation].push((await cluster.load(operation, TIME)).perSecond)
            }
          }
        }
      })
      return { machine: machine(), figures: figures(rates, us) }
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.signal('SIGTERM')))
      await simulator.close()
      await postgres.close()
    }
  })

interface AllRates {
  readonly echo: readonly number[]
  readonly sqlite: Rates
  readonly postgres: Rates
  /** In the order of {@link SIZES}. */
  readonly clusters: readonly Rates[]
}

interface Times {
  readonly ofGateway: readonly number[]
  readonly ofDatabase: readonly number[]
}

function figures({ echo, sqlite, postgres, clusters }: AllRates, us: Times): Figure[] {
  const stores = [
    { store: 'SQLite', rates: sqlite },
    { store: 'PostgreSQL', rates: postgres },
  ]
  const [one, ...more] = clusters
  const ratio = (some: readonly number[] = [], others: readonly number[] = []) =>
    median(some.map((rate, index) => rate / (others[index] as number)))
  return [
    { name: 'bare echo, requests per second', value: median(echo) },
    ...OPERATIONS.flatMap((operation) =>
      stores.map(({ store, rates }) => ({
        name: `${operation}, ${store}, per second`,
        value: median(rates[operation]),
      })),
    ),
    ...OPERATIONS.flatMap((operation) =>
      stores.map(({ store, rates }) => ({
        name: `${operation}, ${store}, ratio to echo`,
        value: ratio(rates[operation], echo),
      })),
    ),
    { name: 'processor time of a create on PostgreSQL, the gateway, us', value: median(us.ofGateway) },
    { name: 'processor time of a create on PostgreSQL, the database, us', value: median(us.ofDatabase) },
    ...(['create', 'get'] as const).flatMap((operation) => [
      { name: `${operation}, one gateway and a remote network, per second`, value: median(one?.[operation] ?? []) },
      ...more.map((rates, index) => ({
        name: `${operation}, ${SIZES[index + 1]} gateways, ratio to one`,
        value: ratio(rates[operation], one?.[operation]),
      })),
    ]),
  ]
}
