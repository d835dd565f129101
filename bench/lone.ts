// The cost of a single create among many ended sessions: it should be the same as among none, whatever a store and
// a network remember.

import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayProcess } from '../test/gateway-process.js'
import { withGateway } from './lib/gateway.js'
import type { LoadOrder } from './lib/load-generator.js'
import { load } from './lib/processes.js'
import { processorTimeOf } from './lib/processor-time.js'
import { atMost, type BenchResult, type Figure, machine } from './lib/result.js'
import { BENCH_CONFIG, createOrder } from './lib/sessions.js'

/** How many have ended; `BENCH_ENDED` names others, with commas. */
const ENDED = (process.env['BENCH_ENDED'] ?? '0,10000,100000').split(',').map(Number)
/** Creates that come one at a time. */
const ALONE = 500
/** Of the first ones each gateway compiles its programs. */
const WARMUP = 2_000

interface Kind {
  readonly name: string
  readonly config: string
  /** `#` becomes a number, `#4` an address. */
  readonly device: object
}

const KINDS: readonly Kind[] = [
  {
    name: 'simulated network',
    config: BENCH_CONFIG,
    device: { ipv4Address: { publicAddress: '#4', privateAddress: '#4' } },
  },
  { name: 'sandbox', config: 'sandbox: true\n', device: { phoneNumber: '+3670#' } },
]

/** The device numbers of the sandbox have six digits. */
const FIRST_NUMBER = 100_000

export const run = async (): Promise<BenchResult> => {
  const figures: Figure[] = []
  for (const kind of KINDS) figures.push(...(await withGateway(kind.config, (gateway) => measure(kind, gateway))))
  return { machine: machine(), figures }
}

async function measure({ name, device }: Kind, gateway: GatewayProcess): Promise<Figure[]> {
  const { id } = await gateway.admin<{ id: string }>('POST', '/applications', { name: 'bench' })
  await gateway.admin('PUT', `/applications/${id}/limits`, { requestsPerSecond: 1_000_000, burst: 1_000_000 })
  const { key } = await gateway.admin<{ key: string }>('POST', `/applications/${id}/keys`, {})
  const port = Number(new URL(gateway.url).port)
  let firstNumber = FIRST_NUMBER
  const create = async (count: number, duration: number, connections: number) => {
    const order: LoadOrder = {
      ...createOrder(port, key, { measureMs: 600_000, warmupMs: 0, firstNumber }),
      connections,
      numbers: count,
      once: true,
      body: JSON.stringify({
        device,
        applicationServer: { ipv4Address: '198.51.100.7' },
        qosProfile: 'QOS_L',
        duration,
      }),
    }
    const [, { all }] = await processorTimeOf(gateway.process.pid as number, () => load(order))
    firstNumber += count
    return all / count
  }
  let ended = 0
  const end = async (count: number) => {
    if (count > 0) await create(count, 1, 64)
    ended += count
    for (;;) {
      const { sessions } = await gateway.admin<{ sessions: readonly object[] }>('GET', '/sessions?status=AVAILABLE')
      if (sessions.length === 0) return
      await delay(100)
    }
  }
  await end(WARMUP)
  const costs: number[] = []
  for (const many of ENDED) {
    await end(Math.max(0, many - ended))
    costs.push(await create(ALONE, 2, 1))
    await end(0)
    ended += ALONE
  }
  const [fresh = Number.NaN, ...later] = costs
  return [
    { name: `${name}: processor time of one create, us`, value: fresh },
    ...later.map((cost, index) =>
      atMost(`${name}: among ${ENDED[index + 1]} that have ended, of that`, cost / fresh, 1.1),
    ),
  ]
}
