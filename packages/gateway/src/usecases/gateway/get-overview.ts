import type { AssignmentId, Instant, NetworkId } from '@rightofway/camara'
import { type QueueId, queueApplication, queueHost } from '../../domain/queue.js'
import type { Resource } from '../../domain/resource.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Network } from '../../ports/network.js'
import type { Store } from '../../ports/store/store.js'
import type { LiveSessions } from '../../views/live-sessions.js'
import type { Deps } from '../deps.js'
import { dueQueues } from '../events/due-queues.js'
import type { QueueStates } from '../events/list-event-queues.js'
import { networkLoad } from '../network-load.js'

const HOUR_MS = 3_600_000
const SLOT_MS = 300_000
/** The next hour in times of five minutes. */
export const SLOTS = HOUR_MS / SLOT_MS

/** Assignments that are read at once. */
const PAGE = 1_000

/** A network that has promised that share of what it can guarantee is nearly full. */
const NEARLY_FULL = 0.9

export const ATTENTION_KINDS = [
  'problem',
  'warning',
  'dead-letters',
  'slow-sink',
  'capacity',
  'network-behind',
  'refused',
] as const

/** Something that somebody should look at. */
export interface Attention {
  readonly kind: (typeof ATTENTION_KINDS)[number]
  readonly text: string
}

/** In bits per second. */
export interface DirectionFigures {
  /** Promised to sessions and assignments. */
  readonly guaranteedBps: number
  /** Total capacity for guarantees. Absent: unknown. */
  readonly capacityBps?: number
  /** How fast sessions are together. Absent: it is not counted, or cannot be read now. */
  readonly usedBps?: number
}

export interface NetworkFigures {
  readonly network: NetworkId
  readonly downlink: DirectionFigures
  readonly uplink: DirectionFigures
  readonly waitingTasks: number
}

export interface Overview {
  readonly now: Instant
  /** `complete` is false if there are more sessions, and these figures are of the newest. */
  readonly sessions: { complete: boolean; requested: number; available: number; unavailable: number }
  /** How many sessions end in each of the next {@link SLOTS} times five minutes. */
  readonly ends: readonly number[]
  /** Sessions granted within the last hour, and how long it took. */
  readonly grants: { count: number; p50Ms?: number; p99Ms?: number }
  readonly networks: readonly NetworkFigures[]
  readonly deliveries: { waiting: number; dead: number; slowQueues: number }
  /** Empty while all is well. */
  readonly attention: readonly Attention[]
}

export interface OverviewDeps extends Pick<Deps, 'store' | 'clock' | 'networks'> {
  readonly liveSessions: LiveSessions
  readonly queues: QueueStates
  readonly health: { report(): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }> }
}

/** Guarantees of the networks, sessions, and problems. */
export async function getOverview(deps: OverviewDeps): Promise<Overview> {
  const { liveSessions, clock, store, networks, queues, health } = deps
  const now = clock.now()
  const tally = await liveSessions.look((sessions) => count(sessions.values(), now))
  await countAssignments(store, tally)
  const report = await health.report()
  const letters = await store.events.countDeliveries()
  const slow: QueueId[] = []
  for await (const { queue } of dueQueues(store)) if (queues.state(queue).slow) slow.push(queue)
  const figures = await Promise.all(networks.all.map((network) => figuresOf(deps, network, tally)))
  return {
    now,
    sessions: { complete: liveSessions.complete, ...tally.byStatus },
    ends: tally.ends,
    grants: grantFigures(tally.grantMs),
    networks: figures,
    deliveries: { ...letters, slowQueues: slow.length },
    attention: [
      ...report.problems.map((text): Attention => ({ kind: 'problem', text })),
      ...report.warnings.map((text): Attention => ({ kind: 'warning', text })),
      ...deliveriesToAttend(letters.dead, slow),
      ...refusalsToAttend(tally.refused),
      ...figures.flatMap(networkToAttend),
    ],
  }
}

function* deliveriesToAttend(dead: number, slow: readonly QueueId[]): Generator<Attention> {
  if (dead > 0) yield { kind: 'dead-letters', text: `${dead} events could not be delivered` }
  for (const queue of slow) {
    yield { kind: 'slow-sink', text: `${queueHost(queue)} is slow for ${queueApplication(queue)}` }
  }
}

function refusalsToAttend(refused: number): Attention[] {
  if (refused === 0) return []
  const which = refused === 1 ? '1 session was' : `${refused} sessions were`
  return [{ kind: 'refused', text: `${which} ended or refused by a network` }]
}

function networkToAttend({ network, downlink, uplink, waitingTasks }: NetworkFigures): Attention[] {
  const attention: Attention[] = []
  const full = [downlink, uplink].some(
    ({ guaranteedBps, capacityBps }) => capacityBps !== undefined && guaranteedBps > capacityBps * NEARLY_FULL,
  )
  if (full) attention.push({ kind: 'capacity', text: `${network} has guaranteed more than 90 % of its capacity` })
  if (waitingTasks > 100) {
    attention.push({ kind: 'network-behind', text: `${waitingTasks} tasks are waiting for ${network}` })
  }
  return attention
}

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
    promise(tally, seen)
  }
  return tally
}

function promise({ guaranteed }: Tally, { network, profile }: Resource): void {
  const sum = guaranteed.get(network) ?? { downlink: 0, uplink: 0 }
  sum.downlink += profile.qos.downlink.guaranteed
  sum.uplink += profile.qos.uplink.guaranteed
  guaranteed.set(network, sum)
}

/** Networks promise to assignments too. */
async function countAssignments({ sessions }: Pick<Store, 'sessions'>, tally: Tally): Promise<void> {
  let after: AssignmentId | undefined
  do {
    const page = await sessions.listAssignments({ live: true, limit: PAGE, ...(after !== undefined && { after }) })
    for (const { session } of page) if (session.status === 'AVAILABLE') promise(tally, session)
    after = page.length < PAGE ? undefined : page.at(-1)?.session.id
  } while (after !== undefined)
}

async function figuresOf({ store }: OverviewDeps, network: Network, { guaranteed }: Tally): Promise<NetworkFigures> {
  const { id, capacity } = network
  const promised = guaranteed.get(id) ?? { downlink: 0, uplink: 0 }
  const used = await networkLoad(network)
  return {
    network: id,
    downlink: direction(promised.downlink, capacity?.downlinkBps, used?.downlinkBps),
    uplink: direction(promised.uplink, capacity?.uplinkBps, used?.uplinkBps),
    waitingTasks: await store.work.countTasks(id),
  }
}

const direction = (
  guaranteedBps: number,
  capacityBps: number | undefined,
  usedBps: number | undefined,
): DirectionFigures => ({
  guaranteedBps,
  ...(capacityBps !== undefined && { capacityBps }),
  ...(usedBps !== undefined && { usedBps }),
})

function grantFigures(ms: number[]): Overview['grants'] {
  ms.sort((a, b) => a - b)
  const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))]
  const [p50Ms, p99Ms] = [at(0.5), at(0.99)]
  return p50Ms === undefined || p99Ms === undefined ? { count: 0 } : { count: ms.length, p50Ms, p99Ms }
}
