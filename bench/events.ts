// What events cost, how soon they come, and what one dead sink among ten does to the other nine. Sinks are https, in a
// process of their own; two gateways, of which one has the dead sink, take turns, so that what else the machine does
// falls on both.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAuthority } from '../packages/gateway/src/testing/certificates.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'
import type { LoadOrder, LoadReport } from './lib/load-generator.js'
import { load, withFolder } from './lib/processes.js'
import { atLeast, atMost, type BenchResult, machine, median, quantile } from './lib/result.js'
import { BENCH_CONFIG, createOrder, sessionBody } from './lib/sessions.js'
import type { SinkOrder, SinkReport, SinkStart } from './lib/sink-server.js'

const RUNS = 5
const MEASURE_MS = 4_000
/** How often the state of the queues is asked for while they drain. */
const LOOK_MS = 20
/** Healthy sinks; the first of them has a dead one as its counterpart. */
const SINKS = 10
/** For the latency: a load that leaves the machine some room, in creates per second. */
const PACE = 100

export const run = (): Promise<BenchResult> =>
  withFolder(async (folder) => {
    const authority = createAuthority()
    const sinks = await startSinks(authority.issue('127.0.0.1'))
    writeFileSync(join(folder, 'ca.pem'), authority.cert)
    const config = join(folder, 'config.yaml')
    writeFileSync(config, `${BENCH_CONFIG}sinks: { allow: [127.0.0.0/8], ca: ${join(folder, 'ca.pem')} }\n`)
    const [hearty, ailing] = await Promise.all([
      Subject.start(join(folder, 'hearty'), config),
      Subject.start(join(folder, 'ailing'), config),
    ])
    const healthy = sinks.healthy
    const oneDead = [sinks.dead, ...healthy.slice(1)]
    const nine = healthy.slice(1).map((url) => new URL(url).host)
    const silent: number[] = []
    const outbox: number[] = []
    const told: number[] = []
    const delivered: number[] = []
    const ofNine = { healthy: [] as number[], oneDead: [] as number[] }
    const latenessMs = { paced: [] as number[], full: [] as number[], oneDead: [] as number[] }

    /** Creates at full speed, until the nine have all that is theirs. */
    const told9 = async (subject: Subject, urls: readonly string[]) => {
      await sinks.count()
      const began = performance.now()
      const { perSecond } = await subject.create(urls)
      await subject.drained(nine)
      const { latenessMs: late, firstOfNine } = await sinks.report()
      return { perSecond, late, events: (firstOfNine * 1000) / (performance.now() - began) }
    }
    try {
      for (let n = 1; n <= RUNS; n++) {
        silent.push((await hearty.create([])).perSecond)
        // Nothing is on its way but what a dead sink hangs on to: what is left is the price of keeping events.
        outbox.push((await ailing.create([sinks.dead])).perSecond)

        const well = await told9(hearty, healthy)
        await hearty.drained()
        const ill = await told9(ailing, oneDead)
        told.push(well.perSecond)
        delivered.push((well.events * SINKS) / (SINKS - 1))
        ofNine.healthy.push(well.events)
        ofNine.oneDead.push(ill.events)
        latenessMs.full.push(...well.late)

        await sinks.count()
        await hearty.create(healthy, PACE)
        await hearty.drained()
        latenessMs.paced.push(...(await sinks.report()).latenessMs)
        await sinks.count()
        await ailing.create(oneDead, PACE)
        await ailing.drained(nine)
        latenessMs.oneDead.push(...(await sinks.report()).latenessMs)
      }
      const ratio = (some: readonly number[], others: readonly number[]) =>
        median(some.map((value, index) => value / (others[index] as number)))
      return {
        machine: machine(),
        figures: [
          { name: 'creates without a sink, per second', value: median(silent) },
          { name: 'creates with a sink that is dead, per second', value: median(outbox) },
          { name: 'creates with ten healthy sinks, per second', value: median(told) },
          atLeast(
            'creates with a sink, ratio to those without: events kept, few delivered',
            ratio(outbox, silent),
            0.85,
          ),
          { name: 'the same, all events delivered on the same machine meanwhile', value: ratio(told, silent) },
          { name: 'events delivered to ten healthy sinks, per second', value: median(delivered) },
          atLeast('events to nine sinks while the tenth is dead, ratio', ratio(ofNine.oneDead, ofNine.healthy), 0.95),
          {
            name: `first arrival after the change, ${PACE} creates/s, half of them, ms`,
            value: quantile(latenessMs.paced, 0.5),
          },
          atMost(`first arrival after the change, ${PACE} creates/s, 99 %, ms`, quantile(latenessMs.paced, 0.99), 50),
          atMost('the same at the nine, the tenth dead, ms', quantile(latenessMs.oneDead, 0.99), 50),
          { name: 'the same at full load, half of them, ms', value: quantile(latenessMs.full, 0.5) },
        ],
      }
    } finally {
      await Promise.all([hearty.stop(), ailing.stop()])
      sinks.close()
    }
  })

/** A gateway under load. */
class Subject {
  #firstNumber = 1

  private constructor(
    private readonly gateway: GatewayProcess,
    private readonly key: string,
  ) {}

  static async start(dataDir: string, config: string): Promise<Subject> {
    const gateway = await startGatewayProcess({ dataDir, flags: ['--config', config] })
    return new Subject(gateway, await gateway.newKey())
  }

  /** Creates sessions, with these sinks in turn. @param perSecond default: as many as it takes */
  async create(sinks: readonly string[], perSecond?: number): Promise<LoadReport> {
    const body = sessionBody(3600)
    const order: LoadOrder = {
      ...createOrder(Number(new URL(this.gateway.url).port), this.key, {
        measureMs: MEASURE_MS,
        firstNumber: this.#firstNumber,
      }),
      bodies: sinks.length === 0 ? [body] : sinks.map((sink) => JSON.stringify({ ...JSON.parse(body), sink })),
      ...(perSecond !== undefined && { perSecond }),
    }
    const report = await load(order)
    this.#firstNumber = report.lastNumber
    const bad = Object.keys(report.statuses).filter((status) => status !== '201')
    if (bad.length > 0) throw new Error(`answers other than 201: ${JSON.stringify(report.statuses)}`)
    return report
  }

  /** Resolves when nothing waits for these hosts. Default: for any. */
  async drained(hosts?: readonly string[]): Promise<void> {
    for (;;) {
      const queues = await this.gateway.admin<{ host: string }[]>('GET', '/event-queues')
      if (!queues.some(({ host }) => hosts === undefined || hosts.includes(host))) return
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  stop(): Promise<void> {
    return this.gateway.signal('SIGTERM')
  }
}

interface Sinks {
  readonly healthy: readonly string[]
  /** It takes every event, and answers none. */
  readonly dead: string
  /** Counts anew. */
  count(): Promise<void>
  report(): Promise<SinkReport>
  close(): void
}

async function startSinks(certificate: Omit<SinkStart, 'sinks'>): Promise<Sinks> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./lib/sink-server.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  })
  child.send({ ...certificate, sinks: SINKS } satisfies SinkStart)
  const [{ ports }] = (await once(child, 'message')) as [{ ports: number[] }]
  const [dead = '', ...healthy] = ports.map((port) => `https://127.0.0.1:${port}/events`)
  const ask = async (order: SinkOrder) => {
    child.send(order)
    return ((await once(child, 'message')) as [SinkReport])[0]
  }
  return {
    healthy,
    dead,
    count: async () => void (await ask('count')),
    report: () => ask('report'),
    close: () => void child.kill('SIGKILL'),
  }
}
