import { type Instant, type NetworkId, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { queueApplication, queueHost } from '../../domain/queue.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Network } from '../../ports/network.js'
import { networkLoad } from '../../usecases/network-load.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'

const tag = 'Gateway'
const HOUR_MS = 3_600_000
const SLOT_MS = 300_000
const SLOTS = HOUR_MS / SLOT_MS

/** A network that has promised that share of what it can guarantee is nearly full. */
const NEARLY_FULL = 0.9

const Direction = closed({
  guaranteedBps: Type.Integer({ description: 'Promised to sessions, bits per second.' }),
  capacityBps: Type.Optional(Type.Integer({ description: 'What can be promised in all. Absent: unknown.' })),
  usedBps: Type.Optional(
    Type.Integer({
      description:
        'How fast sessions are together, bits per second. Absent: this network does not count, is driven by another ' +
        'gateway, or cannot be read now.',
    }),
  ),
})

const Attention = closed(
  {
    kind: oneOf(['problem', 'warning', 'dead-letters', 'slow-sink', 'capacity', 'network-behind', 'refused']),
    text: Type.String({ description: 'For people.' }),
  },
  { title: 'Attention', description: 'Something that somebody should look at.' },
)

const Overview = closed(
  {
    now: DateTime,
    sandbox: Type.Boolean(),
    sessions: closed({
      complete: Type.Boolean({ description: 'False: there are more, and these figures are of the newest.' }),
      requested: Type.Integer(),
      available: Type.Integer(),
      unavailable: Type.Integer(),
    }),
    ends: Type.Array(Type.Integer(), {
      description: `How many sessions end in each of the next ${SLOTS} times five minutes.`,
    }),
    grants: closed({
      count: Type.Integer({ description: 'Sessions granted within the last hour, of those that are still known.' }),
      p50Ms: Type.Optional(Type.Integer({ description: 'Half were granted within so many milliseconds.' })),
      p99Ms: Type.Optional(Type.Integer()),
    }),
    networks: Type.Array(closed({ network: Id, downlink: Direction, uplink: Direction, waitingTasks: Type.Integer() })),
    deliveries: closed({ waiting: Type.Integer(), dead: Type.Integer(), slowQueues: Type.Integer() }),
    attention: Type.Array(Attention, { description: 'Empty while all is well.' }),
  },
  { title: 'Overview', description: 'What the networks have promised to whom, and what went wrong.' },
)

const getOverview = {
  operationId: 'getOverview',
  method: 'GET',
  path: '/overview',
  summary: 'How things are, in figures',
  tag,
  success: { status: 200, description: 'The figures.', schema: Overview },
  errors: [],
} as const satisfies Operation

export type Overview = Static<typeof Overview>

export const overviewRoutes = [
  route({
    operation: getOverview,
    async handle(_request, deps: AdminDeps) {
      const { liveSessions, clock, store, networks, queues, health, sandbox } = deps
      const now = clock.now()
      const tally = await liveSessions.look((sessions) => count(sessions.values(), now))
      const report = await health.report()
      const letters = await store.events.countDeliveries()
      const slow = (await store.events.queues()).filter(({ queue }) => queues.state(queue).slow)
      const attention: Static<typeof Attention>[] = [
        ...report.problems.map((text) => ({ kind: 'problem', text }) as const),
        ...report.warnings.map((text) => ({ kind: 'warning', text }) as const),
      ]
      if (letters.dead > 0) {
        attention.push({ kind: 'dead-letters', text: `${letters.dead} events could not be delivered` })
      }
      for (const { queue } of slow) {
        attention.push({ kind: 'slow-sink', text: `${queueHost(queue)} is slow for ${queueApplication(queue)}` })
      }
      if (tally.refused > 0) {
        const which = tally.refused === 1 ? '1 session was' : `${tally.refused} sessions were`
        attention.push({ kind: 'refused', text: `${which} ended or refused by a network` })
      }
      const views = await Promise.all(networks.all.map((network) => networkView(deps, network, tally)))
      for (const { network, downlink, uplink, waitingTasks } of views) {
        const full = [downlink, uplink].some(
          ({ guaranteedBps, capacityBps }) => capacityBps !== undefined && guaranteedBps > capacityBps * NEARLY_FULL,
        )
        if (full) attention.push({ kind: 'capacity', text: `${network} has promised more than 90 % of its capacity` })
        if (waitingTasks > 100) {
          attention.push({ kind: 'network-behind', text: `${waitingTasks} wishes wait to be told to ${network}` })
        }
      }
      return {
        body: {
          now: toDateTime(now),
          sandbox,
          sessions: { complete: liveSessions.complete, ...tally.byStatus },
          ends: tally.ends,
          grants: grantFigures(tally.grantMs),
          networks: views,
          deliveries: { ...letters, slowQueues: slow.length },
          attention,
        },
      }
    },
  }),
]

interface Tally {
  readonly byStatus: { requested: number; available: number; unavailable: number }
  readonly ends: number[]
  /** How long networks took to grant. */
  readonly grantMs: number[]
  /** Ended by a network. */
  refused: number
  readonly guaranteed: Map<NetworkId, { downlink: number; uplink: number }>
}

function count(sessions: Iterable<Session>, now: Instant): Tally {
  const tally: Tally = {
    byStatus: { requested: 0, available: 0, unavailable: 0 },
    ends: Array.from({ length: SLOTS }, () => 0),
    grantMs: [],
    refused: 0,
    guaranteed: new Map(),
  }
  for (const session of sessions) {
    const seen = asOf(session, now)
    if (seen === undefined || seen.status === 'RELEASING') continue
    if (seen.status !== 'REQUESTED' && seen.startedAt !== undefined && seen.startedAt > now - HOUR_MS) {
      tally.grantMs.push(Math.max(0, seen.startedAt - seen.createdAt))
    }
    if (seen.status === 'UNAVAILABLE') {
      tally.byStatus.unavailable++
      if (seen.statusInfo === 'NETWORK_TERMINATED') tally.refused++
      continue
    }
    if (seen.status === 'REQUESTED') {
      tally.byStatus.requested++
      continue
    }
    tally.byStatus.available++
    const slot = Math.floor((seen.expiresAt - now) / SLOT_MS)
    if (slot < SLOTS) tally.ends[slot] = (tally.ends[slot] ?? 0) + 1
    const { downlink, uplink } = seen.profile.qos
    const sum = tally.guaranteed.get(seen.network) ?? { downlink: 0, uplink: 0 }
    sum.downlink += downlink.guaranteed
    sum.uplink += uplink.guaranteed
    tally.guaranteed.set(seen.network, sum)
  }
  return tally
}

async function networkView({ store }: AdminDeps, network: Network, { guaranteed }: Tally) {
  const { id, capacity } = network
  const promised = guaranteed.get(id) ?? { downlink: 0, uplink: 0 }
  const used = await networkLoad(network)
  return {
    network: id as string,
    downlink: direction(promised.downlink, capacity?.downlinkBps, used?.downlinkBps),
    uplink: direction(promised.uplink, capacity?.uplinkBps, used?.uplinkBps),
    waitingTasks: await store.work.countTasks(id),
  }
}

const direction = (guaranteedBps: number, capacityBps: number | undefined, usedBps: number | undefined) => ({
  guaranteedBps,
  ...(capacityBps !== undefined && { capacityBps }),
  ...(usedBps !== undefined && { usedBps }),
})

function grantFigures(ms: number[]): { count: number; p50Ms?: number; p99Ms?: number } {
  ms.sort((a, b) => a - b)
  const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))]
  const [p50Ms, p99Ms] = [at(0.5), at(0.99)]
  return p50Ms === undefined || p99Ms === undefined ? { count: 0 } : { count: ms.length, p50Ms, p99Ms }
}
