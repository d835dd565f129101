// The cost of a create and of a get, compared with a bare node:http server that echoes the same JSON: in processor
// time for each request, and in requests a second. Everything is on: keys, scopes, validation, conflicts, timers, events,
// an fsync before every answer.

import { withGateway } from './lib/gateway.js'
import type { LoadOrder, LoadReport } from './lib/load-generator.js'
import { load, withEcho } from './lib/processes.js'
import { type ProcessorTime, processorTimeOf } from './lib/processor-time.js'
import { atLeast, atMost, type BenchResult, type Figure, machine, median } from './lib/result.js'
import { BENCH_CONFIG, CONNECTIONS, createOrder, echoOrder } from './lib/sessions.js'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 5)
const MEASURE_MS = 4_000

/** With the goals: processor time of a request, in requests of the echo, and requests a second, of those of the echo. */
const KINDS = {
  'create answered REQUESTED': { echoes: 3, ratio: 0.3 },
  'create answered AVAILABLE': { echoes: 3.5, ratio: 0.2 },
  get: { echoes: 1.6, ratio: 0.6 },
} as const
type Kind = keyof typeof KINDS
const names = Object.keys(KINDS) as Kind[]

interface Measured {
  readonly perSecond: number
  /** Processor time of one request, in microseconds. */
  readonly us: ProcessorTime
}

export const run = (): Promise<BenchResult> =>
  withGateway(BENCH_CONFIG, async (gateway) => {
    const key = await gateway.newKey()
    const port = Number(new URL(gateway.url).port)
    const ofGateway = measurer(gateway.process.pid as number)
    const measured: Record<Kind | 'echo', Measured>[] = []
    await withEcho(async (echoPort, echoPid) => {
      const common = { connections: CONNECTIONS, warmupMs: 1_000, measureMs: MEASURE_MS }
      let firstNumber = 1
      for (let run = 1; run <= RUNS; run++) {
        const [echo] = await measurer(echoPid)(echoOrder(echoPort, common))
        const [requested, { lastNumber }] = await ofGateway(
          createOrder(port, key, { measureMs: MEASURE_MS, firstNumber, async: true }),
        )
        const [available, last] = await ofGateway(
          createOrder(port, key, { measureMs: MEASURE_MS, firstNumber: lastNumber }),
        )
        firstNumber = last.lastNumber
        const { sessionId, qosStatus } = JSON.parse(last.sample) as { sessionId: string; qosStatus: string }
        if (qosStatus !== 'AVAILABLE') throw new Error(`a create was answered ${qosStatus}: the figure would be wrong`)
        const [get] = await ofGateway({
          ...common,
          port,
          method: 'GET',
          path: `/quality-on-demand/v1/sessions/${sessionId}`,
          headers: { authorization: `Bearer ${key}` },
        })
        measured.push({ echo, 'create answered REQUESTED': requested, 'create answered AVAILABLE': available, get })
      }
    })
    return { machine: machine(), figures: figuresOf(measured) }
  })

const measurer =
  (pid: number) =>
  async (order: LoadOrder): Promise<[Measured, LoadReport]> => {
    const [report, { all, main, second }] = await processorTimeOf(pid, () => load(order))
    const requests = report.lastNumber - (order.firstNumber ?? 1)
    return [
      { perSecond: report.perSecond, us: { all: all / requests, main: main / requests, second: second / requests } },
      report,
    ]
  }

function figuresOf(runs: readonly Readonly<Record<Kind | 'echo', Measured>>[]): Figure[] {
  const of = (figure: (run: Readonly<Record<Kind | 'echo', Measured>>) => number) => median(runs.map(figure))
  return [
    { name: 'bare echo, processor time in us', value: of(({ echo }) => echo.us.all) },
    ...names.flatMap((name) => [
      atMost(
        `${name}, processor time in echoes`,
        of((run) => run[name].us.all / run.echo.us.all),
        KINDS[name].echoes,
      ),
      { name: `${name}, of it the main thread`, value: of((run) => run[name].us.main / run.echo.us.all) },
      { name: `${name}, of it the thread of the store`, value: of((run) => run[name].us.second / run.echo.us.all) },
    ]),
    { name: 'bare echo, requests per second', value: of(({ echo }) => echo.perSecond) },
    ...names.map((name) => ({ name: `${name}, per second`, value: of((run) => run[name].perSecond) })),
    ...names.map((name) =>
      atLeast(
        `${name}, ratio to echo`,
        of((run) => run[name].perSecond / run.echo.perSecond),
        KINDS[name].ratio,
      ),
    ),
  ]
}
