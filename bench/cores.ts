// What a create costs through each kind of network, with what is behind it answering at once: a core simulator as PCF and
// NEF, another gateway, and a core with a simulated network beside it. And whether devices of one core wait for another
// core that hangs.

import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayProcess } from '../test/gateway-process.js'
import { type CoreProcess, withCore } from './lib/core.js'
import { withGateway } from './lib/gateway.js'
import type { LoadOrder, LoadReport } from './lib/load-generator.js'
import { load } from './lib/processes.js'
import { processorTimeOf } from './lib/processor-time.js'
import { atMost, type BenchResult, type Figure, machine, median } from './lib/result.js'
import { CAPACITY_BPS, CONNECTIONS, createOrder } from './lib/sessions.js'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 5)
/** Creates of a kind in a run, over {@link CONNECTIONS}. */
const MANY = 1_000
/** Creates of a kind in a run that come one at a time. */
const ALONE = 100

/** Each has the devices of a prefix of 16 bits: its place here is the second number of their addresses. */
const KINDS = ['simulator', 'pcf', 'nef', 'camara', 'combined', 'hangs'] as const
type Kind = (typeof KINDS)[number]
const MEASURED = ['pcf', 'nef', 'camara', 'combined'] as const

/** A sandbox: no other gateway sends events to a loopback by plain http. */
const UPSTREAM = JSON.stringify({
  sandbox: true,
  directory: { kind: 'open', prefixes: ['10.0.0.0/8'] },
  limits: { requestsPerSecond: 1_000_000, sessions: 100_000_000 },
})

export const run = (): Promise<BenchResult> =>
  withCore((core) =>
    withCore((hanging) =>
      withGateway(UPSTREAM, async (upstream) =>
        withGateway(await configOf(core, hanging, upstream), async (gateway) => {
          const devices = new Devices(gateway, await gateway.newKey())
          const figures = [...(await costs(devices)), await besideOneThatHangs(devices, hanging)]
          return { machine: machine(), figures }
        }),
      ),
    ),
  )

async function configOf(core: CoreProcess, hanging: CoreProcess, upstream: GatewayProcess): Promise<string> {
  const devicesOf = (kind: Kind) => ({ devices: [`10.${KINDS.indexOf(kind)}.0.0/16`] })
  const capacity = { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }
  const profiles = { QOS_L: { qosReference: 'qod_l' } }
  const pcf = { kind: 'pcf', core: 'standard', profiles }
  const url = `${upstream.url}/quality-on-demand/v1`
  return JSON.stringify({
    directory: { kind: 'open', prefixes: ['10.0.0.0/8'] },
    callbacks: { listen: { host: '127.0.0.1', port: 0 } },
    // An answer says AVAILABLE, however busy this machine is.
    sessions: { createHoldMs: 60_000, setUpTimeout: 600 },
    limits: { requestsPerSecond: 1_000_000, sessions: 100_000_000 },
    networks: [
      { kind: 'simulator', id: 'simulator', ...capacity, ...devicesOf('simulator') },
      { ...pcf, id: 'pcf', url: core.url, ...devicesOf('pcf') },
      {
        ...{ kind: 'nef', id: 'nef', url: core.url, scsAsId: 'bench', ...devicesOf('nef') },
        qosReferences: { QOS_L: 'qod_l' },
      },
      { kind: 'camara', id: 'camara', url, token: await upstream.newKey(), ...devicesOf('camara') },
      { kind: 'combined', id: 'combined', parts: ['core', 'n6'], ...devicesOf('combined') },
      { ...pcf, id: 'core', url: core.url },
      { kind: 'simulator', id: 'n6', ...capacity },
      { ...pcf, id: 'hangs', url: hanging.url, timeoutMs: 20_000, ...devicesOf('hangs') },
    ],
  })
}

/** Devices of all kinds; each has one session. */
class Devices {
  readonly gateway: GatewayProcess
  readonly #key: string
  readonly #used = new Map<Kind, number>()

  constructor(gateway: GatewayProcess, key: string) {
    this.gateway = gateway
    this.#key = key
  }

  async create(kind: Kind, count: number, connections: number, async = false): Promise<LoadReport> {
    const used = this.#used.get(kind) ?? 1
    this.#used.set(kind, used + count)
    const port = Number(new URL(this.gateway.url).port)
    const firstNumber = KINDS.indexOf(kind) * 65_536 + used
    const how = { measureMs: 600_000, warmupMs: 0, firstNumber, async }
    const order: LoadOrder = { ...createOrder(port, this.#key, how), connections, numbers: count, once: true }
    const report = await load(order)
    const { qosStatus } = JSON.parse(report.sample) as { readonly qosStatus: string }
    if (!async && qosStatus !== 'AVAILABLE') throw new Error(`${kind}: a create was answered ${qosStatus}`)
    return report
  }
}

async function costs(devices: Devices): Promise<Figure[]> {
  const kinds = ['simulator', ...MEASURED] as const
  const pid = devices.gateway.process.pid as number
  // Programs are compiled, connections made.
  for (const kind of kinds) await devices.create(kind, MANY, CONNECTIONS)
  const runs: Record<string, { readonly us: number; readonly ms: number }>[] = []
  for (let run = 1; run <= RUNS; run++) {
    const measured: (typeof runs)[number] = {}
    for (const kind of kinds) {
      const [, { all }] = await processorTimeOf(pid, () => devices.create(kind, MANY, CONNECTIONS))
      const { latencyMs } = await devices.create(kind, ALONE, 1)
      measured[kind] = { us: all / MANY, ms: latencyMs.p50 }
    }
    runs.push(measured)
  }
  const of = (kind: Kind, figure: 'us' | 'ms') => median(runs.map((run) => run[kind]?.[figure] ?? Number.NaN))
  const ratio = (kind: Kind) => median(runs.map((run) => (run[kind]?.us ?? Number.NaN) / (run['simulator']?.us ?? 1)))
  return [
    { name: 'simulator: processor time of a create, us', value: of('simulator', 'us') },
    ...MEASURED.map((kind) => ({
      name: `${kind}: processor time of a create, of one at simulator`,
      value: ratio(kind),
    })),
    ...kinds.map((kind) => ({ name: `${kind}: a create alone, half within ms`, value: of(kind, 'ms') })),
  ]
}

/** Creates at once at a core that answers, with as many waiting for one that does not and without. */
async function besideOneThatHangs(devices: Devices, hanging: CoreProcess): Promise<Figure> {
  const { gateway } = devices
  const atOnce = async () => (await devices.create('pcf', CONNECTIONS, CONNECTIONS)).latencyMs.p50
  const ratios: number[] = []
  for (let run = 1; run <= RUNS; run++) {
    const without = await atOnce()
    await hanging.admin('POST', '/faults', { kind: 'hang', door: 'pcf', operation: 'create', times: 1_000_000 })
    await devices.create('hangs', CONNECTIONS, CONNECTIONS, true)
    ratios.push((await atOnce()) / without)
    await hanging.admin('DELETE', '/faults')
    while ((await waitingIn(gateway)) > 0) await delay(250)
  }
  const name = `${CONNECTIONS} creates at once beside ${CONNECTIONS} that wait for a core that hangs, of without`
  return atMost(name, median(ratios), 1.2)
}

const waitingIn = async (gateway: GatewayProcess): Promise<number> =>
  (await gateway.admin<{ readonly sessions: readonly object[] }>('GET', '/sessions?status=REQUESTED')).sessions.length
