// The cost and the latency of events, and the effect of one dead sink among ten on the other nine. Sinks are https in a
// separate process. Two gateways, one of them with the dead sink, take turns, so that other load of the machine
// affects both.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../packages/gateway/test/support/certificates.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'
import type { LoadOrder } from './lib/load-generator.js'
import { load, tsx, withFolder } from './lib/processes.js'
import { processorTimeOf } from './lib/processor-time.js'
import { atLeast, atMost, type BenchResult, machine, median, quantile } from './lib/result.js'
import { BENCH_CONFIG, createOrder, sessionBody } from './lib/sessions.js'
import type { SinkOrder, SinkReport, SinkStart } from './lib/sink-server.js'

const RUNS = 7
const MEASURE_MS = 2_000
/** The interval between two reads of the queues while they drain. */
const LOOK_MS = 20
/** Healthy sinks; the first of them has a dead one as its counterpart. */
const SINKS = 10
/** For the latency: a load below the capacity of the machine, in creates per second. */
const PACE = 100

export const run = (): Promise<BenchResult> =>
  withFolder(async (folder) => {
    const [busy = Number.NaN] = loadavg()
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
    const kept = { without: [] as Load[], with: [] as Load[] }
    const told = { healthy: [] as Told[], oneDead: [] as Told[] }
    const paced = { healthy: [] as number[][], oneDead: [] as number[][] }

    /** Creates at full speed, until the nine sinks have all their events. */
    const tellNine = async (subject: Subject, urls: readonly string[]): Promise<Told> => {
      await sinks.count()
      const began = performance.now()
      const { perSecond } = await subject.create(urls)
      await subject.drained(nine)
      const { latenessMs, ofNine } = await sinks.report()
      return { perSecond, latenessMs, ofNine: (ofNine * 1000) / (performance.now() - began) }
    }
    /** Creates below full speed, until the nine sinks have all their events. */
    const pace = async (subject: Subject, urls: readonly string[]): Promise<number[]> => {
      await sinks.count()
      await subject.create(urls, PACE)
      await subject.drained(nine)
      return [...(await sinks.report()).latenessMs]
    }
    try {
      for (let n = 1; n <= RUNS; n++) {
        await inTurns(
          n,
          async () => kept.without.push(await ailing.create([])),
          // Only deliveries to the dead sink are under way: the rest is the cost of storing events.
          async () => kept.with.push(await ailing.create([sinks.dead])),
        )
        await inTurns(
          n,
          async () => told.healthy.push(await tellNine(hearty, healthy)),
          async () => told.oneDead.push(await tellNine(ailing, oneDead)),
        )
        await inTurns(
          n,
          async () => paced.healthy.push(await pace(hearty, healthy)),
          async () => paced.oneDead.push(await pace(ailing, oneDead)),
        )
      }
      const ratio = <T>(some: readonly T[], others: readonly T[], of: (value: T) => number) =>
        median(some.map((value, index) => of(value) / of(others[index] as T)))
      const lateness = (runs: readonly (readonly number[])[], share: number) =>
        median(runs.map((run) => quantile(run, share)))
      const rate = ({ perSecond }: { perSecond: number }) => perSecond
      return {
        machine: machine(),
        figures: [
          { name: 'load of the machine before, processes that run or want to', value: busy },
          { name: 'creates without a sink, per second', value: median(kept.without.map(rate)) },
          {
            name: 'creates with a dead sink (events kept, few attempted), per second',
            value: median(kept.with.map(rate)),
          },
          atLeast('the ratio of the two', ratio(kept.with, kept.without, rate), 0.85),
          { name: 'processor time of a create without a sink, us', value: median(kept.without.map(({ us }) => us)) },
          { name: 'processor time of a create with a dead sink, us', value: median(kept.with.map(({ us }) => us)) },
          atLeast(
            'creates per processor time with a sink, ratio',
            ratio(kept.without, kept.with, ({ us }) => us),
            0.85,
          ),
          { name: 'creates with ten healthy sinks, per second', value: median(told.healthy.map(rate)) },
          {
            name: 'events delivered meanwhile to nine of ten healthy sinks, per second',
            value: median(told.healthy.map(({ ofNine }) => ofNine)),
          },
          atLeast(
            'events delivered to the nine while the tenth is dead, ratio',
            ratio(told.oneDead, told.healthy, ({ ofNine }) => ofNine),
            0.95,
          ),
          { name: `first arrival, ${PACE} creates/s, half of them, ms`, value: lateness(paced.healthy, 0.5) },
          atMost(`first arrival, ${PACE} creates/s, 99 % of them, ms`, lateness(paced.healthy, 0.99), 50),
          {
            name: 'the same at the nine while the tenth is dead, half of them, ms',
            value: lateness(paced.oneDead, 0.5),
          },
          atMost('the same at the nine while the tenth is dead, 99 %, ms', lateness(paced.oneDead, 0.99), 50),
          {
            name: 'first arrival at full load, half of them, ms',
            value: lateness(
              told.healthy.map(({ latenessMs }) => latenessMs),
              0.5,
            ),
          },
        ],
      }
    } finally {
      await Promise.all([hearty.stop(), ailing.stop()])
      sinks.close()
    }
  })

/** In alternating order, so that earlier runs affect both alike. */
async function inTurns(n: number, ...steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of n % 2 === 0 ? [...steps].reverse() : steps) await step()
}

interface Load {
  readonly perSecond: number
  /** Processor time of the gateway for each, in microseconds. */
  readonly us: number
}

interface Told {
  /** Creates. */
  readonly perSecond: number
  readonly latenessMs: readonly number[]
  /** Different events that came to the nine, per second, from the first create to the last arrival. */
  readonly ofNine: number
}

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
  async create(sinks: readonly string[], perSecond?: number): Promise<Load> {
    const body = sessionBody(3600)
    const order: LoadOrder = {
      ...createOrder(Number(new URL(this.gateway.url).port), this.key, {
        measureMs: MEASURE_MS,
        firstNumber: this.#firstNumber,
      }),
      bodies: sinks.length === 0 ? [body] : sinks.map((sink) => JSON.stringify({ ...JSON.parse(body), sink })),
      ...(perSecond !== undefined && { perSecond }),
    }
    const pid = this.gateway.process.pid as number
    const [report, { all }] = await processorTimeOf(pid, () => load(order))
    const us = all / (report.lastNumber - this.#firstNumber)
    this.#firstNumber = report.lastNumber
    return { perSecond: report.perSecond, us }
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
  const child = tsx('./sink-server.ts')
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
