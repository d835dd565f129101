import { setTimeout as delay } from 'node:timers/promises'
import type { ApplicationId, Instant, Mutable, ResourceId } from '@rightofway/camara'
import type { QueueId } from '../../domain/queue.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import {
  type ClaimedQueue,
  type DeadLetter,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryOutcome,
  type DeliveryRecord,
  type DeliveryState,
  type DueQueue,
  EVENTS_OF_SESSION,
  type EventPosition,
  type EventStore,
  type QueueClaim,
  type Redelivery,
  type SessionEventRecord,
} from '../../ports/store/events.js'
import { type ClaimRow, type DeliveryRow, type EventRow, toDelivery, toEvent } from '../store-common/rows/events.js'
import { Claims } from './claims.js'
import type { Database, Query } from './database.js'
import { GroupWriter } from './group-writer.js'
import type { Link } from './link.js'
import { sql } from './sql.js'

/** A queue and the time at which its next delivery is due, as the functions return it. */
export type DueRow = readonly [queue: QueueId, at: Instant]

export const toDue = (rows: readonly DueRow[] | undefined): DueQueue[] =>
  (rows ?? []).map(([queue, at]) => ({ queue, at }))

/**
 * While the database is away an outcome is kept that long (with {@link SETTLE_RETRY_MS}): about as long as its claim.
 */
const SETTLE_ATTEMPTS = 20
const SETTLE_RETRY_MS = 1_000

/** The usual duration of a commit. */
const UNSETTLED_RETRY_MS = 3

/** Events that are queued again, or deleted, in one transaction. */
const BATCH = 500

const EVENT = 'e.session, e.owner, e.subject, e.ordinal, e.at, e.status, e.status_info'
const DELIVERY = `${EVENT}, e.seq, e.delivery, e.next_attempt_at, e.attempts, e.first_attempt_at, e.reason, e.log`
/** No delivery of this sink's session (k) is waiting, nor can be again. */
const IDLE = "NOT EXISTS (SELECT FROM events WHERE session = k.session AND delivery IN ('waiting', 'dead'))"

export interface PostgresEventsOptions {
  readonly database: Database
  /** For outcomes of attempts only. */
  readonly link: Link
  readonly claims: Claims
  /** Called after a commit that added work to a queue. */
  readonly onWork: (due: DueQueue) => void
}

const RENEWABLE = sql('events/renewable')

const SQL = {
  renewable: {
    undelivered: sql('events/renewable-undelivered', { RENEWABLE }),
    event: sql('events/renewable-event', { RENEWABLE }),
    dead: sql('events/renewable-dead', { RENEWABLE }),
  },
  settleDeliveries: sql('events/settle-deliveries'),
  ofSession: sql('events/of-session', { EVENT }),
  ofOwner: sql('events/of-owner', { EVENT }),
  lastOfOwner: sql('events/last-of-owner'),
  settled: sql('events/settled'),
  deliveriesOfSession: sql('events/deliveries-of-session', { DELIVERY }),
  queues: sql('events/queues'),
  countWaiting: sql('events/count-waiting'),
  claimDeliveries: sql('events/claim-deliveries', { FREE: Claims.FREE, TAKE: Claims.take('$5', '$6'), DELIVERY }),
  nextDeliveries: sql('events/next-deliveries', { FREE: Claims.FREE }),
  unclaim: sql('events/unclaim', { LET_GO: Claims.LET_GO }),
  deadLetters: sql('events/dead-letters', { DELIVERY }),
  deadAfter: sql('events/dead-after'),
  countDeliveries: sql('events/count-deliveries'),
  forgetCredentials: sql('events/forget-credentials'),
  forget: sql('events/forget', { BATCH }),
  lockSinks: sql('events/lock-sinks'),
  forgetSinks: sql('events/forget-sinks', { IDLE }),
  renew: sql('events/renew'),
  resumeSinks: sql('events/resume-sinks'),
  standBack: sql('events/stand-back'),
  beginAgain: sql('events/begin-again', { LET_GO: Claims.LET_GO }),
}

export class PostgresEvents implements EventStore {
  readonly #options: PostgresEventsOptions
  readonly #settlements: GroupWriter<object, void>

  constructor(options: PostgresEventsOptions) {
    this.#options = options
    this.#settlements = new GroupWriter({
      link: options.link,
      statement: (writer, batch, items) => ({
        name: 'settle',
        text: SQL.settleDeliveries,
        values: [writer, batch, JSON.stringify(items.map((item, i) => ({ i, ...item })))],
      }),
      results: (outcome, items) => {
        for (const due of toDue((outcome as { due?: DueRow[] }).due)) options.onWork(due)
        return items.map(() => undefined)
      },
    })
  }

  async ofSession(id: ResourceId, after: number): Promise<readonly SessionEventRecord[]> {
    const rows = await this.#options.database.read<EventRow>({
      name: 'events-of-session',
      text: SQL.ofSession,
      values: [id, after, EVENTS_OF_SESSION],
    })
    return rows.map(toEvent)
  }

  async ofOwner(
    owner: ApplicationId,
    after: EventPosition | undefined,
    limit: number,
  ): Promise<readonly SessionEventRecord[]> {
    let last: number | undefined
    for (;;) {
      // Read first: whatever is settled by now is seen by the next statement.
      const settled = await this.#settled()
      const rows = await this.#options.database.read<EventRow & { seq: number }>({
        name: 'events-of-owner',
        text: SQL.ofOwner,
        values: [owner, after?.session, after?.ordinal, limit],
      })
      last ??= rows.at(-1)?.seq ?? 0
      // Another event may still be inserted before one of these, without a hint: it is waited for.
      if (settled >= last) return rows.filter(({ seq }) => seq <= settled).map(toEvent)
      await delay(UNSETTLED_RETRY_MS)
    }
  }

  async lastOf(owner: ApplicationId): Promise<EventPosition | undefined> {
    const settled = await this.#settled()
    const [row] = await this.#options.database.read<EventPosition>({
      name: 'last-of-owner',
      // Later ones are left for the next reading: an event may still be inserted before them.
      text: SQL.lastOfOwner,
      values: [owner, settled],
    })
    return row
  }

  /** The number up to which all events that will ever exist are committed. */
  async #settled(): Promise<number> {
    const [row] = await this.#options.database.read<{ settled: number }>({
      name: 'settled-events',
      text: SQL.settled,
    })
    return row?.settled ?? 0
  }

  async deliveriesOf(id: ResourceId): Promise<readonly DeliveryRecord[]> {
    const rows = await this.#options.database.read<DeliveryRow<DeliveryAttempt[]>>({
      name: 'deliveries-of-session',
      text: SQL.deliveriesOfSession,
      values: [id, EVENTS_OF_SESSION],
    })
    return rows.map((row) => {
      const { delivery: state, next_attempt_at: nextAttemptAt, reason } = row
      const record: Mutable<DeliveryRecord> = { event: toEvent(row), state, attempts: row.log ?? [] }
      if (nextAttemptAt !== null) record.nextAttemptAt = nextAttemptAt
      if (state !== 'waiting' && reason !== null) record.reason = reason
      return record
    })
  }

  queues(after: QueueId | undefined, limit: number): Promise<readonly DueQueue[]> {
    return this.#options.database.read<DueQueue>({
      name: 'queues',
      // From queue to queue, each found by one step in the index, however much waits in it.
      text: SQL.queues,
      values: [after ?? '', limit],
    })
  }

  async countWaiting(queue: QueueId): Promise<number> {
    const [row] = await this.#options.database.read<{ count: number }>({
      name: 'count-in-queue',
      text: SQL.countWaiting,
      values: [queue],
    })
    return row?.count ?? 0
  }

  async claimDeliveries(
    wanted: readonly QueueClaim[],
    now: Instant,
    leaseMs: number,
  ): Promise<readonly ClaimedQueue[]> {
    if (wanted.length === 0) return []
    const { database, claims } = this.#options
    const queues = JSON.stringify(wanted)
    const { rows, next } = await claims.make(
      async (n) => {
        const rows = await database.query<ClaimRow<DeliveryAttempt[]>>({
          name: 'claim-deliveries',
          text: SQL.claimDeliveries,
          values: [...claims.values, queues, now, leaseMs, n],
        })
        const next = await database.read<{ queue: QueueId; at: Instant | null }>({
          name: 'next-deliveries',
          text: SQL.nextDeliveries,
          values: [...claims.values, queues],
        })
        return { rows, next }
      },
      (n) => ({
        text: SQL.unclaim,
        values: [wanted.map(({ queue }) => queue), now, claims.self, n],
      }),
      () => this.#tell(wanted.map(({ queue }) => ({ queue, at: now }))),
    )
    const nextAt = new Map(next.map(({ queue, at }) => [queue, at]))
    const byQueue = new Map<QueueId, Delivery[]>(wanted.map(({ queue }) => [queue, []]))
    for (const row of rows) byQueue.get(row.queue)?.push(toDelivery(row, row.seq))
    return wanted.map(({ queue }) => {
      const claimed: Mutable<ClaimedQueue> = { queue, deliveries: byQueue.get(queue) ?? [] }
      const at = nextAt.get(queue)
      if (at != null) claimed.nextAt = at
      return claimed
    })
  }

  async settleDelivery(
    delivery: Delivery,
    attempt: DeliveryAttempt,
    outcome: DeliveryOutcome,
    now: Instant,
  ): Promise<void> {
    const { session, ordinal } = delivery.event
    const { result } = outcome
    const settlement = {
      session,
      ordinal,
      attempts: delivery.attempts,
      at: attempt.at,
      state: result === 'retry' ? 'waiting' : result,
      next_attempt_at: result === 'retry' ? outcome.at : undefined,
      reason: result === 'delivered' ? undefined : outcome.reason,
      attempt,
      now,
    }
    for (let left = SETTLE_ATTEMPTS; ; left--) {
      try {
        return await this.#settlements.write(settlement, [session])
      } catch (error) {
        // The sink has received it: without a record it is sent once more, and blocks its successors until then.
        if (!(error instanceof StoreUnavailable) || left === 0) throw error
        await delay(SETTLE_RETRY_MS)
      }
    }
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    const rows = await this.#options.database.read<DeliveryRow<DeliveryAttempt[]>>({
      name: 'dead-letters',
      text: SQL.deadLetters,
      values: [limit],
    })
    return rows.map((row) => ({ event: toEvent(row), attempts: row.log?.length ?? 0, reason: row.reason ?? '' }))
  }

  async redeliver(which: Redelivery, now: Instant): Promise<number> {
    if (which === 'dead-letters') return this.#redeliverDead(now)
    const [session, ordinal] = 'event' in which ? [which.event.session, which.event.ordinal] : [which.session, null]
    const { count, due } = await this.#options.database.transaction((query) =>
      renew(query, [session], ordinal === null ? UNDELIVERED : { of: 'event', values: [ordinal] }, now),
    )
    this.#tell(due)
    return count
  }

  /** In the order of commits, each once: an event that fails again meanwhile is not repeated. */
  async #redeliverDead(now: Instant): Promise<number> {
    let redelivered = 0
    let after = 0
    for (;;) {
      const { count, due, last } = await this.#options.database.transaction(async (query) => {
        const rows = await query<{ seq: number; session: ResourceId }>(SQL.deadAfter, [after, BATCH])
        const last = rows.at(-1)?.seq
        if (last === undefined) return { count: 0, due: [], last }
        const sessions = [...new Set(rows.map((row) => row.session))]
        return { ...(await renew(query, sessions, { of: 'dead', values: [after, last] }, now)), last }
      })
      if (last === undefined) return redelivered
      this.#tell(due)
      redelivered += count
      after = last
    }
  }

  async countDeliveries(): Promise<{ waiting: number; dead: number }> {
    const [row] = await this.#options.database.read<{ waiting: number; dead: number }>({
      name: 'count-deliveries',
      text: SQL.countDeliveries,
    })
    return row ?? { waiting: 0, dead: 0 }
  }

  /** Deletes events of `before` and earlier without a waiting delivery, in small commits, and expired tokens. */
  async tidy(before: Instant, realNow: Instant): Promise<void> {
    const { database } = this.#options
    await database.transaction((query) => query(SQL.forgetCredentials, [realNow]))
    for (;;) {
      const forgotten = await database.transaction(async (query) => {
        const rows = await query<{ session: ResourceId; delivery: DeliveryState }>(SQL.forget, [before])
        const dead = rows.flatMap(({ session, delivery }) => (delivery === 'dead' ? [session] : []))
        if (dead.length > 0) {
          await query(SQL.lockSinks, [dead])
          await query(SQL.forgetSinks, [dead])
        }
        return rows.length
      })
      if (forgotten < BATCH) return
    }
  }

  /** Resolves when all outcomes are settled. */
  close(): Promise<void> {
    return this.#settlements.close()
  }

  #tell(due: readonly DueQueue[]): void {
    for (const one of due) this.#options.onWork(one)
  }
}

/** Events of some sessions, by the other conditions of the redelivery. */
interface Renewable {
  readonly of: keyof typeof SQL.renewable
  readonly values: readonly unknown[]
}

const UNDELIVERED: Renewable = { of: 'undelivered', values: [] }

/** Queues events of these sessions again. */
async function renew(
  query: Query,
  sessions: readonly ResourceId[],
  which: Renewable,
  now: Instant,
): Promise<{ count: number; due: DueQueue[] }> {
  await query(SQL.lockSinks, [sessions])
  const rows = await query<{ session: ResourceId; ordinal: number; queue: QueueId; delivery: DeliveryState }>(
    SQL.renewable[which.of],
    [sessions, ...which.values],
  )
  if (rows.length === 0) return { count: 0, due: [] }
  const touched = [...new Set(rows.map(({ session }) => session))]
  await query(SQL.renew, [rows.map(({ session }) => session), rows.map(({ ordinal }) => ordinal)])
  await query(SQL.resumeSinks, [touched])
  await query(SQL.standBack, [touched])
  await query(SQL.beginAgain, [touched, now])
  return { count: rows.length, due: [...new Set(rows.map(({ queue }) => queue))].map((queue) => ({ queue, at: now })) }
}
