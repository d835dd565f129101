// Whether others are answered while a file of devices is imported: what gets of a session wait for, at an even rate and
// over connections of their own, while nothing is imported and then during an import. The table of 25 000 devices is what
// the dashboard can send; the other one is the largest that the admin socket takes.

import type { GatewayProcess } from '../test/gateway-process.js'
import { withGateway } from './lib/gateway.js'
import type { LoadOrder } from './lib/load-generator.js'
import { load } from './lib/processes.js'
import { atMost, type BenchResult, type Figure, machine, quantile } from './lib/result.js'
import { addressOf, BENCH_CONFIG, createOrder, SESSIONS_PATH } from './lib/sessions.js'

const SIZES = [25_000, 100_000]
const QUIET_MS = 5_000
const PIECE_MS = 1_000
const PER_SECOND = 200
const GOAL_MS = 20

export const run = (): Promise<BenchResult> =>
  withGateway(BENCH_CONFIG, async (gateway) => {
    const order = await getsOf(gateway)
    const quiet = await latenciesOf({ ...order, measureMs: QUIET_MS })
    const figures: Figure[] = [{ name: 'nothing imported: get, 99 % within, ms', value: quantile(quiet, 0.99) }]
    for (const devices of SIZES) {
      const began = performance.now()
      let seconds = 0
      const imported = gateway.admin('POST', '/import-devices', { format: 'csv', text: table(devices) }).then(() => {
        seconds = (performance.now() - began) / 1_000
      })
      const latencies: number[] = []
      while (seconds === 0) latencies.push(...(await latenciesOf({ ...order, measureMs: PIECE_MS })))
      await imported
      figures.push(
        { name: `${devices} devices: import, s`, value: seconds },
        { name: `${devices} devices: get, the longest, ms`, value: Math.max(...latencies) },
        atMost(`${devices} devices: get, 99 % within, ms`, quantile(latencies, 0.99), GOAL_MS),
      )
    }
    return { machine: machine(), figures }
  })

/** A device has 40 characters. */
const table = (devices: number): string =>
  `device,addresses,phoneNumber\n${Array.from({ length: devices }, (_, n) => `device-${n},${addressOf(n)},+4915${String(n).padStart(8, '0')}\n`).join('')}`

/** Gets of a session that was created just now. */
async function getsOf(gateway: GatewayProcess): Promise<LoadOrder> {
  const key = await gateway.newKey()
  const port = Number(new URL(gateway.url).port)
  const { sample } = await load(createOrder(port, key, { warmupMs: 0, measureMs: 2_000, firstNumber: 1 }))
  const { sessionId } = JSON.parse(sample) as { sessionId: string }
  return {
    port,
    connections: 20,
    warmupMs: 0,
    measureMs: 0,
    method: 'GET',
    path: `${SESSIONS_PATH}/${sessionId}`,
    headers: { authorization: `Bearer ${key}` },
    perSecond: PER_SECOND,
    keepLatencies: true,
  }
}

async function latenciesOf(order: LoadOrder): Promise<readonly number[]> {
  const { latenciesMs } = await load(order)
  if (latenciesMs === undefined) throw new Error('the load generator brought no latencies home')
  return latenciesMs
}
