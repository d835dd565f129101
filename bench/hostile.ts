// The cost of a refusal, compared with a bare node:http server that echoes the body of a create: processor
// time for each request, of all threads. A large body is compared with an echo of a body as large.

import { withGateway } from './lib/gateway.js'
import type { LoadOrder } from './lib/load-generator.js'
import { load, withEcho } from './lib/processes.js'
import { processorTimeOf } from './lib/processor-time.js'
import { atMost, type BenchResult, type Figure, machine, median } from './lib/result.js'
import { BENCH_CONFIG, CONNECTIONS, echoOrder, SESSIONS_PATH, sessionBody } from './lib/sessions.js'

const RUNS = 3
const MEASURE_MS = 2_000
/** The same as the goal of a get. */
const GOAL = 1.6

const JSON_TYPE = { 'content-type': 'application/json' }
/** A well-formed key that does not exist. */
const WRONG_KEY = `row_000000000000_${'A'.repeat(43)}`

type Order = Pick<LoadOrder, 'method' | 'path' | 'headers' | 'body'>

interface Kind {
  readonly name: string
  /** Of every answer. */
  readonly status: string
  readonly order: Order
}

/** Ports of which no two are adjacent. */
const manyPorts = (): string => {
  const ports = Array.from({ length: 60_000 }, (_, index) => ((index * 7_919) % 65_535) + 1)
  return JSON.stringify({ ...(JSON.parse(sessionBody(3_600)) as object), devicePorts: { ports } })
}

const SIGN_IN: Order = {
  method: 'POST',
  path: '/admin/v1/sign-in',
  headers: JSON_TYPE,
  body: JSON.stringify({ name: 'nobody-here', password: 'wrong password' }),
}

const TOKEN: Order = {
  method: 'POST',
  path: '/oauth2/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${btoa('nobody:wrong')}` },
  body: 'grant_type=client_credentials',
}

const kinds = (key: string): readonly Kind[] => [
  {
    name: 'sign-in beyond its limit',
    status: '429',
    order: SIGN_IN,
  },
  {
    name: 'token for a wrong client',
    status: '429',
    order: TOKEN,
  },
  {
    name: 'wrong key',
    status: '401',
    order: { method: 'GET', path: SESSIONS_PATH, headers: { authorization: `Bearer ${WRONG_KEY}` } },
  },
  { name: 'unknown path', status: '404', order: { method: 'GET', path: '/nowhere/#', headers: {} } },
  {
    name: 'create with 60 000 ports',
    status: '400',
    order: {
      method: 'POST',
      path: SESSIONS_PATH,
      headers: { ...JSON_TYPE, authorization: `Bearer ${key}` },
      body: manyPorts(),
    },
  },
  {
    name: '1 MB of "[" without a key',
    status: '401',
    order: { method: 'POST', path: SESSIONS_PATH, headers: JSON_TYPE, body: '['.repeat(1_000_000) },
  },
]

export const run = (): Promise<BenchResult> =>
  withGateway(`${BENCH_CONFIG}oauth: { server: true }\n`, async (gateway) => {
    const key = await gateway.newKey()
    for (const order of [SIGN_IN, TOKEN]) await useUp(gateway.url, order)
    const port = Number(new URL(gateway.url).port)
    const figures = await withEcho(async (echoPort, echoPid) => {
      const common = { connections: CONNECTIONS, warmupMs: 0, measureMs: MEASURE_MS }
      const echo = echoOrder(echoPort, common)
      const found: Figure[] = []
      for (const { name, status, order } of kinds(key)) {
        const length = order.body?.length ?? 0
        const large = length > 100_000 ? { body: JSON.stringify('x'.repeat(length - 2)) } : {}
        const ratios: number[] = []
        for (let run = 1; run <= RUNS; run++) {
          const bare = await costUs(echoPid, { ...echo, ...large }, '2')
          const refusal = await costUs(gateway.process.pid as number, { ...common, port, ...order }, status)
          ratios.push(refusal / bare)
        }
        const against = length > 100_000 ? 'echoes of its length' : 'echoes'
        found.push(atMost(`${name}, in ${against}`, median(ratios), GOAL))
      }
      return found
    })
    return { machine: machine(), figures }
  })

/** Processor time of a process for each request, in microseconds. */
async function costUs(pid: number, order: LoadOrder, status: string): Promise<number> {
  const [{ answered }, { all }] = await processorTimeOf(pid, () => load(order, status))
  return all / answered
}

/** Makes wrong guesses until the limit refuses them. */
async function useUp(url: string, { method, path, headers, body = '' }: Order): Promise<void> {
  for (;;) {
    const { status } = await fetch(url + path, { method, headers, body })
    if (status === 429) return
    if (status !== 401) throw new Error(`a wrong guess at ${path} was answered ${status}`)
  }
}
