import { setTimeout as delay } from 'node:timers/promises'
import type { ApplicationId, Instant, Mutable, SessionId } from '@rightofway/camara'
import type { QueueId } from '../../domain/queue.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type {
  ClaimedQueue,
  DeadLetter,
  Delivery,
  DeliveryAttempt,
  DeliveryOutcome,
  DeliveryRecord,
  DeliveryState,
  DueQueue,
  EventPosition,
  EventStore,
  QueueClaim,
  Redelivery,
  SessionEventRecord,
} from '../../ports/store/events.js'
import { type ClaimRow, type DeliveryRow, type EventRow, toDelivery, toEvent } from '../store-common/rows/events.js'
import { Claims } from './claims.js'
import type { Database, Query } from './database.js'
import { GroupWriter } from './group-writer.js'
import type { Link } from './link.js'

/** A queue and when something in it is due, as the functions return it. */
export type DueRow = readonly [queue: QueueId, at: Instant]

export const toDue = (rows: readonly DueRow[] | undefined): DueQueue[] =>
  (rows ?? []).map(([queue, at]) => ({ queue, at }))

/** While the database is away an outcome is kept that long (with {@link SETTLE_RETRY_MS}): about as long as its claim. */
const SETTLE_ATTEMPTS = 20
const SETTLE_RETRY_MS = 1_000

/** Commits take some milliseconds. */
const UNSETTLED_RETRY_MS = 3

/** Events put back in line, or forgotten, in one transaction. */
const BATCH = 500

const EVENT = 'e.session, e.owner, e.subject, e.ordinal, e.at, e.status, e.status_info'
const DELIVERY = `${EVENT}, e.seq, e.delivery, e.next_attempt_at, e.attempts, e.first_attempt_at, e.reason, e.log`
/** Nothing of this sink's session (k) is on its way, nor could be again. */
const IDLE = "NOT EXISTS (SELECT FROM events WHERE session = k.session AND delivery IN ('waiting', 'dead'))"

export interface PostgresEventsOptions {
  readonly database: Database
  /** For what comes of attempts alone. */
  readonly link: Link
  readonly claims: Claims
  /** Called after a commit that gave a queue something to do. */
  readonly onWork: (due: DueQueue) => void
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
        text: 'SELECT settle_deliveries_1($1, $2, $3) AS outcome',
        values: [writer, batch, JSON.stringify(items.map((item, i) => ({ i, ...item })))],
      }),
      results: (outcome, items) => {
        for (const due of toDue((outcome as { due?: DueRow[] }).due)) options.onWork(due)
        return items.map(() => undefined)
      },
    })
  }

  async ofSession(id: SessionId, after: number): Promise<readonly SessionEventRecord[]> {
    const rows = await this.#options.database.read<EventRow>({
      name: 'events-of-session',
      text: `SELECT ${EVENT} FROM events e WHERE e.session = $1 AND e.ordinal > $2 ORDER BY e.ordinal`,
      values: [id, after],
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
      // Asked first: whatever is settled by now is seen by what is asked next.
      const settled = await this.#settled()
      const rows = await this.#options.database.read<EventRow & { seq: number }>({
        name: 'events-of-owner',
        text: `SELECT ${EVENT}, e.seq FROM events e WHERE e.owner = $1 AND e.seq > coalesce((
                 SELECT seq FROM events WHERE session = $2 AND ordinal = $3 AND owner = $1
               ), 0) ORDER BY e.seq LIMIT $4`,
        values: [owner, after?.session, after?.ordinal, limit],
      })
      last ??= rows.at(-1)?.seq ?? 0
      // Before one of these another may still come in, and when it has, nobody says so: it is waited for.
      if (settled >= last) return rows.filter(({ seq }) => seq <= settled).map(toEvent)
      await delay(UNSETTLED_RETRY_MS)
    }
  }

  async lastOf(owner: ApplicationId): Promise<EventPosition | undefined> {
    const settled = await this.#settled()
    const [row] = await this.#options.database.read<EventPosition>({
      name: 'last-of-owner',
      // Those behind it are for whoever follows: something may still come in before them.
      text: 'SELECT session, ordinal FROM events WHERE owner = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1',
      values: [owner, settled],
    })
    return row
  }

  /** Up to which number all events that there will ever be are committed. */
  async #settled(): Promise<number> {
    const [row] = await this.#options.database.read<{ settled: number }>({
      name: 'settled-events',
      text: 'SELECT settled_events_1() AS settled',
    })
    return row?.settled ?? 0
  }

  async deliveriesOf(id: SessionId): Promise<readonly DeliveryRecord[]> {
    const rows = await this.#options.database.read<DeliveryRow<DeliveryAttempt[]>>({
      name: 'deliveries-of-session',
      text: `SELECT ${DELIVERY} FROM events e WHERE e.session = $1 ORDER BY e.ordinal`,
      values: [id],
    })
    return rows.map((row) => {
      const { delivery: state, next_attempt_at: nextAttemptAt, reason } = row
      const record: Mutable<DeliveryRecord> = { event: toEvent(row), state, attempts: row.log ?? [] }
      if (nextAttemptAt !== null) record.nextAttemptAt = nextAttemptAt
      if (state !== 'waiting' && reason !== null) record.reason = reason
      return record
    })
  }

  queues(): Promise<readonly DueQueue[]> {
    return this.#options.database.read<DueQueue>({
      name: 'queues',
      // From queue to queue, each found by one step in the index, however much waits in it.
      text: `WITH RECURSIVE waiting (queue) AS (
               SELECT min(queue) FROM events WHERE next_attempt_at IS NOT NULL
               UNION ALL
               SELECT (SELECT min(queue) FROM events WHERE next_attempt_at IS NOT NULL AND queue > waiting.queue)
               FROM waiting WHERE waiting.queue IS NOT NULL
             )
             SELECT queue, (SELECT min(next_attempt_at) FROM events
                            WHERE next_attempt_at IS NOT NULL AND queue = waiting.queue) AS at
             FROM waiting WHERE queue IS NOT NULL`,
    })
  }

  async countWaiting(queue: QueueId): Promise<number> {
    const [row] = await this.#options.database.read<{ count: number }>({
      name: 'count-in-queue',
      text: 'SELECT count(*) FROM events WHERE queue = $1 AND next_attempt_at IS NOT NULL',
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
          text: `WITH picked AS MATERIALIZED (
                   SELECT d.session, d.ordinal
                   FROM json_to_recordset($3) AS w (queue text, "limit" int) CROSS JOIN LATERAL (
                     SELECT session, ordinal FROM events
                     WHERE queue = w.queue COLLATE "C" AND next_attempt_at <= $4 AND ${Claims.FREE}
                     ORDER BY next_attempt_at LIMIT w.limit FOR UPDATE SKIP LOCKED
                   ) d
                 ), claimed AS (
                   UPDATE events e SET ${Claims.take('$5', '$6')} FROM picked p
                   WHERE e.session = p.session AND e.ordinal = p.ordinal RETURNING e.*
                 )
                 SELECT ${DELIVERY}, k.url, k.queue, k.credential_type, k.credential, k.credential_expires_at,
                   k.correlator, k.dialect
                 FROM claimed e JOIN sinks k ON k.session = e.session ORDER BY e.next_attempt_at, e.seq`,
          values: [...claims.values, queues, now, leaseMs, n],
        })
        const next = await database.read<{ queue: QueueId; at: Instant | null }>({
          name: 'next-deliveries',
          text: `SELECT w.queue, (SELECT next_attempt_at FROM events
                                  WHERE queue = w.queue COLLATE "C" AND next_attempt_at IS NOT NULL AND ${Claims.FREE}
                                  ORDER BY next_attempt_at LIMIT 1) AS at
                 FROM json_to_recordset($3) AS w (queue text)`,
          values: [...claims.values, queues],
        })
        return { rows, next }
      },
      (n) => ({
        text: `UPDATE events SET ${Claims.LET_GO}
               WHERE queue = ANY ($1) AND next_attempt_at <= $2 AND claimed_by = $3 AND claim = $4`,
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
        // The sink has heard it: what is not recorded is told once more, and holds up what comes behind it until then.
        if (!(error instanceof StoreUnavailable) || left === 0) throw error
        await delay(SETTLE_RETRY_MS)
      }
    }
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    const rows = await this.#options.database.read<DeliveryRow<DeliveryAttempt[]>>({
      name: 'dead-letters',
      text: `SELECT ${DELIVERY} FROM events e WHERE e.delivery = 'dead' ORDER BY e.seq LIMIT $1`,
      values: [limit],
    })
    return rows.map((row) => ({ event: toEvent(row), attempts: row.log?.length ?? 0, reason: row.reason ?? '' }))
  }

  async redeliver(which: Redelivery, now: Instant): Promise<number> {
    if (which === 'dead-letters') return this.#redeliverDead(now)
    const [session, ordinal] = 'event' in which ? [which.event.session, which.event.ordinal] : [which.session, null]
    const { count, due } = await this.#options.database.transaction((query) =>
      renew(query, [session], ordinal === null ? "e.delivery <> 'delivered'" : `e.ordinal = ${Number(ordinal)}`, now),
    )
    this.#tell(due)
    return count
  }

  /** In the order of commits, each once: one that dies again meanwhile is not taken up once more. */
  async #redeliverDead(now: Instant): Promise<number> {
    let redelivered = 0
    let after = 0
    for (;;) {
      const { count, due, last } = await this.#options.database.transaction(async (query) => {
        const rows = await query<{ seq: number; session: SessionId }>(
          "SELECT seq, session FROM events WHERE delivery = 'dead' AND seq > $1 ORDER BY seq LIMIT $2",
          [after, BATCH],
        )
        const last = rows.at(-1)?.seq
        if (last === undefined) return { count: 0, due: [], last }
        const sessions = [...new Set(rows.map((row) => row.session))]
        const within = `e.delivery = 'dead' AND NOT k.stopped AND e.seq > ${after} AND e.seq <= ${last}`
        return { ...(await renew(query, sessions, within, now)), last }
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
      text: `SELECT (SELECT count(*) FROM events WHERE next_attempt_at IS NOT NULL) AS waiting,
               (SELECT count(*) FROM events WHERE delivery = 'dead') AS dead`,
    })
    return row ?? { waiting: 0, dead: 0 }
  }

  /** Forgets events of `before` and earlier that wait for nothing, in small commits, and tokens that have expired. */
  async tidy(before: Instant, realNow: Instant): Promise<void> {
    const { database } = this.#options
    await database.transaction((query) =>
      query('UPDATE sinks SET credential = NULL WHERE credential IS NOT NULL AND credential_expires_at <= $1', [
        realNow,
      ]),
    )
    for (;;) {
      const forgotten = await database.transaction(async (query) => {
        const rows = await query<{ session: SessionId; delivery: DeliveryState }>(
          `DELETE FROM events WHERE (session, ordinal) IN (
             SELECT session, ordinal FROM events WHERE at <= $1 AND delivery <> 'waiting' LIMIT ${BATCH}
             FOR UPDATE SKIP LOCKED
           ) RETURNING session, delivery`,
          [before],
        )
        const dead = rows.flatMap(({ session, delivery }) => (delivery === 'dead' ? [session] : []))
        if (dead.length > 0) {
          await query('SELECT FROM sinks WHERE session = ANY ($1) ORDER BY session FOR UPDATE', [dead])
          await query(
            `DELETE FROM sinks k WHERE session = ANY ($1) AND ${IDLE}
             AND NOT EXISTS (SELECT FROM sessions WHERE id = k.session)`,
            [dead],
          )
        }
        return rows.length
      })
      if (forgotten < BATCH) return
    }
  }

  /** Resolves when all that was asked for is settled. */
  close(): Promise<void> {
    return this.#settlements.close()
  }

  #tell(due: readonly DueQueue[]): void {
    for (const one of due) this.#options.onWork(one)
  }
}

/**
 * Puts events of these sessions back in line.
 * @param which a condition on events (e) and their sinks (k)
 */
async function renew(
  query: Query,
  sessions: readonly SessionId[],
  which: string,
  now: Instant,
): Promise<{ count: number; due: DueQueue[] }> {
  await query('SELECT FROM sinks WHERE session = ANY ($1) ORDER BY session FOR UPDATE', [sessions])
  const rows = await query<{ session: SessionId; ordinal: number; queue: QueueId; delivery: DeliveryState }>(
    `SELECT e.session, e.ordinal, e.delivery, k.queue FROM events e JOIN sinks k ON k.session = e.session
     WHERE e.session = ANY ($1) AND e.delivery <> 'none' AND ${which} FOR UPDATE OF e`,
    [sessions],
  )
  if (rows.length === 0) return { count: 0, due: [] }
  const touched = [...new Set(rows.map(({ session }) => session))]
  await query(
    `UPDATE events e SET delivery = 'waiting', queue = k.queue, attempts = 0, first_attempt_at = NULL, reason = NULL
     FROM sinks k, unnest($1::uuid[], $2::int[]) AS r (session, ordinal)
     WHERE e.session = r.session AND e.ordinal = r.ordinal AND k.session = e.session AND e.delivery <> 'waiting'`,
    [rows.map(({ session }) => session), rows.map(({ ordinal }) => ordinal)],
  )
  await query('UPDATE sinks SET stopped = false WHERE session = ANY ($1) AND stopped', [touched])
  await query('UPDATE events SET next_attempt_at = NULL WHERE session = ANY ($1) AND next_attempt_at IS NOT NULL', [
    touched,
  ])
  await query(
    `UPDATE events e SET next_attempt_at = $2, ${Claims.LET_GO}
     WHERE e.session = ANY ($1) AND e.ordinal = (
       SELECT min(ordinal) FROM events w WHERE w.session = e.session AND w.delivery = 'waiting')`,
    [touched, now],
  )
  return { count: rows.length, due: [...new Set(rows.map(({ queue }) => queue))].map((queue) => ({ queue, at: now })) }
}
