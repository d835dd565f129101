// Several gateways under load, with faults: killed, paused for longer than a lease, disconnected from the database, the
// database restarted. Then the check of the history.

import { check, type Verdict } from './checker.js'
import { type Cluster, type Member, startCluster } from './cluster.js'
import { readFinal } from './final.js'
import type { Arrival, History, Uptime } from './history.js'
import { Random } from './random.js'
import { startReceiver } from './receiver.js'
import { startWorkload, type Workload } from './workload.js'

/** Longer than the lease of a gateway. */
const PAUSE_MS = 4_000
/** After the last fault: sessions last up to 7 s, and their ends may be late. */
const QUIET_MS = 15_000

export const FAULTS = ['kill', 'pause', 'cut', 'away', 'restart', 'upgrade', 'step'] as const
/**
 * `kill`: a gateway, with -9. `pause`: a gateway is stopped by SIGSTOP, then continued. `cut`: its
 * connections to the database break. `away`: it cannot reach the database for a while. `restart`: the database.
 * `upgrade`: a gateway is stopped cleanly, and started again. `step`: the clock of its machine is stepped.
 */
export type Fault = (typeof FAULTS)[number]

export interface ManyGatewaysOptions {
  readonly seed: number
  readonly clients: number
  /** The faults in order; or the number of minutes with random faults. */
  readonly faults: readonly Fault[] | { readonly minutes: number }
  /** Maximum lateness of an end, in milliseconds of database uptime. */
  readonly maxLatenessMs: number
  readonly gateways?: number
  readonly say?: (line: string) => void
}

export interface ManyGatewaysReport extends Verdict {
  readonly sessions: number
  readonly events: number
  readonly repeats: number
  readonly faults: Readonly<Record<Fault, number>>
}

export async function manyGateways(options: ManyGatewaysOptions): Promise<ManyGatewaysReport> {
  const { seed, clients, faults, maxLatenessMs, gateways = 3, say = () => undefined } = options
  const random = new Random(seed)
  const cluster = await startCluster({ size: gateways })
  const receiver = await startReceiver(random)
  const { arrivals } = receiver
  try {
    const workload = startWorkload({ url: cluster.url, key: cluster.key, sinkUrl: receiver.url, clients, random })
    const uptimes: Uptime[] = []
    let upSince = Date.now()
    const counts: Record<Fault, number> = { kill: 0, pause: 0, cut: 0, away: 0, restart: 0, upgrade: 0, step: 0 }
    for (const fault of drawn(faults, random)) {
      await delay(random.between(500, 2_000))
      const member = cluster.members[random.between(0, gateways - 1)] as Member
      counts[fault]++
      say(`${fault}${fault === 'restart' ? '' : ` ${member.name}`}; so far ${summary(workload, arrivals)}`)
      if (fault === 'restart') {
        uptimes.push({ from: upSince, to: Date.now() })
        await cluster.postgres.stop()
        await delay(random.between(0, 1_500))
        await cluster.postgres.start()
        upSince = Date.now()
      } else {
        await strike(cluster, member, fault, random)
      }
    }
    await delay(1_000)
    await workload.stop()
    say(`quiet; ${summary(workload, arrivals)}`)
    await delay(QUIET_MS)
    uptimes.push({ from: upSince, to: Date.now() })
    const verdict = check(await evidence(cluster, { ...workload, arrivals, uptimes }), maxLatenessMs)
    for (const sessionId of new Set(verdict.violations.map((violation) => violation.sessionId))) {
      say(`about ${sessionId}: ${JSON.stringify(await cluster.eventsOf(sessionId))}`)
    }
    const events = new Set(arrivals.map(({ event }) => event.id)).size
    return {
      ...verdict,
      sessions: new Set(workload.acknowledged.map(({ info }) => info.sessionId)).size,
      events,
      repeats: arrivals.length - events,
      faults: counts,
    }
  } finally {
    await receiver.close()
    await cluster.close()
  }
}

async function strike(
  cluster: Cluster,
  member: Member,
  fault: Exclude<Fault, 'restart'>,
  random: Random,
): Promise<void> {
  switch (fault) {
    case 'kill':
      return cluster.restart(member, 'SIGKILL')
    case 'upgrade':
      return cluster.restart(member, 'SIGTERM')
    case 'step':
      // The next one may step it back.
      member.gateway.process.send({ stepClockMs: random.between(-5_000, 5_000) })
      return
    case 'pause':
      member.gateway.process.kill('SIGSTOP')
      await delay(PAUSE_MS)
      member.gateway.process.kill('SIGCONT')
      return
    case 'cut':
      return member.proxy.cut()
    case 'away':
      member.proxy.close()
      await delay(PAUSE_MS)
      member.proxy.mend()
  }
}

function* drawn(faults: ManyGatewaysOptions['faults'], random: Random): Generator<Fault> {
  if (!('minutes' in faults)) return yield* faults
  const end = Date.now() + faults.minutes * 60_000
  while (Date.now() < end) yield FAULTS[random.between(0, FAULTS.length - 1)] as Fault
}

const summary = ({ acknowledged }: Workload, arrivals: readonly Arrival[]): string =>
  `${acknowledged.length} sessions acknowledged, ${arrivals.length} events`

async function evidence(
  cluster: Cluster,
  recorded: Pick<History, 'acknowledged' | 'deleted' | 'extended' | 'arrivals' | 'uptimes'>,
): Promise<History> {
  const ids = new Set(recorded.acknowledged.map(({ info }) => info.sessionId))
  const final = await readFinal(cluster.url, cluster.key, ids)
  return { ...recorded, final, held: await cluster.held() }
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
