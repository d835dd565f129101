// How many sessions a second a gateway creates and reads, compared with a bare node:http server that echoes the same
// JSON. Everything is on: keys, scopes, validation, conflicts, timers, events, an fsync before every answer.

import { withGateway } from './lib/gateway.js'
import { load, withEcho } from './lib/processes.js'
import { atLeast, type BenchResult, machine, median } from './lib/result.js'
import { BENCH_CONFIG, CONNECTIONS, createOrder, echoOrder } from './lib/sessions.js'

const RUNS = 5
const MEASURE_MS = 4_000

export const run = (): Promise<BenchResult> =>
  withGateway(BENCH_CONFIG, async (gateway) => {
    const key = await gateway.newKey()
    const port = Number(new URL(gateway.url).port)
    const rates = { echo: [] as number[], requested: [] as number[], available: [] as number[], get: [] as number[] }
    let firstNumber = 1
    await withEcho(async (echoPort) => {
      for (let run = 1; run <= RUNS; run++) {
        const common = { connections: CONNECTIONS, warmupMs: 1_000, measureMs: MEASURE_MS }
        const echo = await load(echoOrder(echoPort, common))
        const requested = await load(createOrder(port, key, { measureMs: MEASURE_MS, firstNumber, async: true }))
        firstNumber = requested.lastNumber
        const available = await load(createOrder(port, key, { measureMs: MEASURE_MS, firstNumber }))
        firstNumber = available.lastNumber
        const { sessionId, qosStatus } = JSON.parse(available.sample) as { sessionId: string; qosStatus: string }
        if (qosStatus !== 'AVAILABLE') throw new Error(`a create was answered ${qosStatus}: the figure would be wrong`)
        const get = await load({
          ...common,
          port,
          method: 'GET',
          path: `/quality-on-demand/v1/sessions/${sessionId}`,
          headers: { authorization: `Bearer ${key}` },
        })
        rates.echo.push(echo.perSecond)
        rates.requested.push(requested.perSecond)
        rates.available.push(available.perSecond)
        rates.get.push(get.perSecond)
      }
    })
    const ratio = (name: 'requested' | 'available' | 'get') =>
      median(rates[name].map((rate, index) => rate / (rates.echo[index] as number)))
    return {
      machine: machine(),
      figures: [
        { name: 'bare echo, requests per second', value: median(rates.echo) },
        { name: 'create answered REQUESTED, per second', value: median(rates.requested) },
        { name: 'create answered AVAILABLE, per second', value: median(rates.available) },
        { name: 'get, per second', value: median(rates.get) },
        atLeast('create answered REQUESTED, ratio to echo', ratio('requested'), 0.3),
        atLeast('create answered AVAILABLE, ratio to echo', ratio('available'), 0.2),
        atLeast('get, ratio to echo', ratio('get'), 0.6),
      ],
    }
  })
