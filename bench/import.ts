// Whether others are answered while a file of devices is imported: what gets and creates take, at an even rate, while
// nothing is imported and then during the largest import of each kind. A busy machine delays the answers; the delay of
// the gateway's own event loop is told beside them. The table of 25 000 devices is the largest that the dashboard sends.

import type { GatewayProcess } from '../test/gateway-process.js'
import { withGateway } from './lib/gateway.js'
import type { LoadOrder, LoadReport } from './lib/load-generator.js'
import { loopDelay, WITH_LOOP_DELAY } from './lib/loop-delay.js'
import { load, loadDuring } from './lib/processes.js'
import { atMost, type BenchResult, type Figure, machine } from './lib/result.js'
import { addressOf, BENCH_CONFIG, createOrder, SESSIONS_PATH } from './lib/sessions.js'

const QUIET_MS = 10_000
const GOAL_MS = 20
/** The most that a file may have. */
const MOST = 100_000

const device = (n: number) => ({ device: `device-${n}`, phoneNumber: phoneNumberOf(n), address: addressOf(n) })
const phoneNumberOf = (n: number): string => `+4915${String(n).padStart(8, '0')}`
const lines = (devices: number, line: (its: ReturnType<typeof device>) => string): string =>
  Array.from({ length: devices }, (_, n) => line(device(n))).join('')

const table = (devices: number): string =>
  `device,addresses,phoneNumber\n${lines(devices, (its) => `${its.device},${its.address},${its.phoneNumber}\n`)}`
const list = (devices: number): string =>
  lines(devices, (its) => `- device: ${its.device}\n  addresses: [{ address: ${its.address} }]\n`)
const json = (devices: number): string =>
  JSON.stringify(
    Array.from({ length: devices }, (_, n) => ({
      device: `device-${n}`,
      phoneNumber: phoneNumberOf(n),
      addresses: [],
    })),
  )

const FILES = [
  { name: 'CSV, 25 000 devices', format: 'csv', text: table(25_000) },
  { name: 'CSV, 100 000 devices', format: 'csv', text: table(MOST) },
  { name: 'YAML, 100 000 devices', format: 'yaml', text: list(MOST) },
  { name: 'JSON, 100 000 devices', format: 'yaml', text: json(MOST) },
]

/** Requests whose answers are timed. */
type Kind = 'get' | 'create'
type Orders = Readonly<Record<Kind, LoadOrder>>
type Reports = Readonly<Record<Kind, LoadReport>>

export const run = (): Promise<BenchResult> =>
  withGateway(
    BENCH_CONFIG,
    async (gateway) => {
      let orders = await ordersFor(gateway)
      await loopDelay(gateway)
      const quiet = await together(orders, load)
      // Each create has another device.
      let next = quiet.create.lastNumber
      const figures = [...figuresOf('nothing imported', quiet), ...(await loopFigures('nothing imported', gateway))]
      for (const { name, ...file } of FILES) {
        const began = performance.now()
        let seconds = 0
        const imported = gateway.admin('POST', '/import-devices', file).then(() => {
          seconds = (performance.now() - began) / 1_000
        })
        orders = { ...orders, create: { ...orders.create, firstNumber: next } }
        const during = await together(orders, (order) => loadDuring(order, () => imported))
        next = during.create.lastNumber
        figures.push(
          { name: `${name}: import, s`, value: seconds },
          ...figuresOf(name, during, quiet),
          ...(await loopFigures(name, gateway)),
        )
      }
      return { machine: machine(), figures }
    },
    { nodeArgs: WITH_LOOP_DELAY },
  )

async function together(orders: Orders, send: (order: LoadOrder) => Promise<LoadReport>): Promise<Reports> {
  const [get, create] = await Promise.all([send(orders.get), send(orders.create)])
  return { get, create }
}

/** @param quiet with nothing else to do, to compare with */
function figuresOf(name: string, reports: Reports, quiet?: Reports): Figure[] {
  return (['get', 'create'] as const).flatMap((kind) => {
    const { p50, p99, max } = reports[kind].latencyMs
    const half = { name: `${name}: ${kind}, half of them within, ms`, value: p50 }
    const most = `${name}: ${kind}, 99 % within, ms`
    if (quiet === undefined) return [half, { name: most, value: p99 }]
    return [
      half,
      atMost(most, p99, GOAL_MS),
      { name: `${name}: ${kind}, the longest, ms`, value: max },
      { name: `${name}: ${kind}, 99 % within, ratio to nothing imported`, value: p99 / quiet[kind].latencyMs.p99 },
    ]
  })
}

async function loopFigures(name: string, gateway: GatewayProcess): Promise<Figure[]> {
  const { p99, max } = await loopDelay(gateway)
  return [
    atMost(`${name}: delay of the event loop, 99 % within, ms`, p99, GOAL_MS),
    { name: `${name}: delay of the event loop, the longest, ms`, value: max },
  ]
}

/** Gets of a session that was created just now, and creates of others. */
async function ordersFor(gateway: GatewayProcess): Promise<Orders> {
  const key = await gateway.newKey()
  const port = Number(new URL(gateway.url).port)
  const creates = createOrder(port, key, { warmupMs: 0, measureMs: 2_000, firstNumber: 1 })
  const { sample, lastNumber } = await load(creates)
  const { sessionId } = JSON.parse(sample) as { sessionId: string }
  const even = { connections: 20, warmupMs: 0, measureMs: QUIET_MS }
  return {
    get: {
      ...even,
      port,
      method: 'GET',
      path: `${SESSIONS_PATH}/${sessionId}`,
      headers: { authorization: `Bearer ${key}` },
      perSecond: 200,
    },
    create: { ...creates, ...even, firstNumber: lastNumber, perSecond: 20 },
  }
}
