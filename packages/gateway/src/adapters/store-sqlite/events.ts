import type { ApplicationId, Instant, Mutable, ResourceId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { QueueId } from '../../domain/queue.js'
import type { Resource } from '../../domain/resource.js'
import type { Effect } from '../../domain/terms.js'
import {
  type ClaimedQueue,
  type DeadLetter,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryOutcome,
  type DeliveryRecord,
  type DueQueue,
  EVENTS_OF_SESSION,
  type EventPosition,
  type EventStore,
  LOGGED_ATTEMPTS,
  type QueueClaim,
  type Redelivery,
  type SessionEventRecord,
} from '../../ports/store/events.js'
import type { Sink } from '../../ports/store/sessions.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { parsed } from '../store-common/damaged-row.js'
import { type ClaimRow, type DeliveryRow, type EventRow, toDelivery, toEvent } from '../store-common/rows/events.js'

/** What settling a claim needs. */
interface Claim extends Pick<DeliveryRow<string>, 'seq' | 'log'> {
  readonly id: number
  /** By the monotonic clock. */
  readonly until: number
}

/** Events that are queued again, or deleted, in one commit. */
const BATCH = 500

const EVENT = 'e.seq, e.session, e.owner, e.subject, e.ordinal, e.at, e.status, e.status_info'
const DELIVERY = `${EVENT}, e.delivery, e.next_attempt_at, e.attempts, e.first_attempt_at, e.reason, e.log`
/** No delivery of this sink's session is waiting, nor can be again. */
const IDLE = "NOT EXISTS (SELECT 1 FROM events WHERE session = sinks.session AND delivery IN ('waiting', 'dead'))"

export class SqliteEvents implements EventStore {
  readonly #commits: GroupCommit
  readonly #monotonicNow: () => number
  /** By queue, and by the event's rowid. */
  readonly #claims = new Map<QueueId, Map<number, Claim>>()
  readonly #claimsById = new Map<number, Claim>()
  #lastClaim = 0
  readonly #onWork: (due: DueQueue) => void
  readonly #sql

  /** @param onWork called after a commit that added work to a queue */
  constructor(db: Database, commits: GroupCommit, monotonicNow: () => number, onWork: (due: DueQueue) => void) {
    this.#commits = commits
    this.#monotonicNow = monotonicNow
    this.#onWork = onWork
    this.#sql = {
      insert: db.prepare(
        `INSERT INTO events (session, owner, subject, ordinal, at, status, status_info, delivery, queue, next_attempt_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      insertSink: db.prepare(
        `INSERT INTO sinks (session, url, queue, credential_type, credential, credential_expires_at, correlator,
           dialect) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      sink: db.prepare<[ResourceId], { queue: QueueId; stopped: 0 | 1 }>(
        'SELECT queue, stopped FROM sinks WHERE session = ?',
      ),
      ofSession: db.prepare<[ResourceId, number], EventRow>(
        `SELECT ${EVENT} FROM events e WHERE e.session = ? AND e.ordinal > ? ORDER BY e.ordinal
         LIMIT ${EVENTS_OF_SESSION}`,
      ),
      // Commits are sequential here: their order is that of the table.
      ofOwner: db.prepare<[ApplicationId, number, number], EventRow>(
        `SELECT ${EVENT} FROM events e WHERE e.owner = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`,
      ),
      lastOf: db.prepare<[ApplicationId], EventPosition>(
        'SELECT session, ordinal FROM events WHERE owner = ? ORDER BY seq DESC LIMIT 1',
      ),
      placeOf: db
        .prepare<[ResourceId, number, ApplicationId], number>(
          'SELECT seq FROM events WHERE session = ? AND ordinal = ? AND owner = ?',
        )
        .pluck(),
      deliveriesOf: db.prepare<[ResourceId], DeliveryRow<string>>(
        `SELECT ${DELIVERY} FROM events e WHERE e.session = ? ORDER BY e.ordinal LIMIT ${EVENTS_OF_SESSION}`,
      ),
      // From queue to queue, each found by one step in the index, however much waits in it.
      queues: db.prepare<[QueueId | '', number], DueQueue>(
        `WITH RECURSIVE waiting (queue) AS (
           SELECT min(queue) FROM events WHERE next_attempt_at IS NOT NULL AND queue > ?
           UNION ALL
           SELECT (SELECT min(queue) FROM events WHERE next_attempt_at IS NOT NULL AND queue > waiting.queue)
           FROM waiting WHERE waiting.queue IS NOT NULL
         )
         SELECT queue, (SELECT min(next_attempt_at) FROM events
                        WHERE next_attempt_at IS NOT NULL AND queue = waiting.queue) AS at
         FROM waiting WHERE queue IS NOT NULL LIMIT ?`,
      ),
      countInQueue: db
        .prepare<[QueueId], number>('SELECT count(*) FROM events WHERE queue = ? AND next_attempt_at IS NOT NULL')
        .pluck(),
      // Only the index is read: claimed ones are skipped at no cost.
      inQueue: db.prepare<[QueueId, number], { seq: number; next_attempt_at: Instant }>(
        `SELECT seq, next_attempt_at FROM events WHERE queue = ? AND next_attempt_at IS NOT NULL
         ORDER BY next_attempt_at LIMIT ?`,
      ),
      delivery: db.prepare<[number], ClaimRow<string>>(
        `SELECT ${DELIVERY}, s.url, s.queue, s.credential_type, s.credential, s.credential_expires_at, s.correlator,
           s.dialect
         FROM events e JOIN sinks s ON s.session = e.session WHERE e.seq = ?`,
      ),
      place: db.prepare<[ResourceId, number], Pick<DeliveryRow<string>, 'seq' | 'log'>>(
        'SELECT seq, log FROM events WHERE session = ? AND ordinal = ?',
      ),
      // A claim that was made after a lease has expired, and is recorded first, wins.
      record: db.prepare(
        `UPDATE events SET delivery = ?, next_attempt_at = ?, attempts = attempts + 1,
           first_attempt_at = coalesce(first_attempt_at, ?), reason = ?, log = ?
         WHERE seq = ? AND delivery = 'waiting' AND attempts = ?`,
      ),
      stopWaiting: db.prepare(
        `UPDATE events SET delivery = 'stopped', next_attempt_at = NULL, reason = ?
         WHERE session = ? AND delivery = 'waiting'`,
      ),
      setStopped: db.prepare('UPDATE sinks SET stopped = ? WHERE session = ?'),
      firstWaiting: db
        .prepare<[ResourceId], number>(
          "SELECT seq FROM events WHERE session = ? AND delivery = 'waiting' ORDER BY ordinal LIMIT 1",
        )
        .pluck(),
      stateOf: db.prepare<[ResourceId], Pick<DeliveryRow<string>, 'seq' | 'delivery' | 'status'>>(
        'SELECT seq, delivery, status FROM events WHERE session = ? ORDER BY ordinal',
      ),
      setDue: db.prepare('UPDATE events SET next_attempt_at = ? WHERE seq = ?'),
      unsetDue: db.prepare(
        'UPDATE events SET next_attempt_at = NULL WHERE session = ? AND next_attempt_at IS NOT NULL',
      ),
      eraseCredential: db.prepare(`UPDATE sinks SET credential = NULL WHERE session = ? AND ${IDLE}`),
      deleteIdleSink: db.prepare(`DELETE FROM sinks WHERE session = ? AND ${IDLE}`),
      isForgotten: db.prepare<[ResourceId], 0 | 1>('SELECT NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?)').pluck(),
      dead: db.prepare<[number, number], DeliveryRow<string>>(
        `SELECT ${DELIVERY} FROM events e WHERE e.delivery = 'dead' AND e.seq > ? ORDER BY e.seq LIMIT ?`,
      ),
      renew: db.prepare(
        `UPDATE events SET delivery = 'waiting', queue = ?, attempts = 0, first_attempt_at = NULL, reason = NULL
         WHERE seq = ?`,
      ),
      countDead: db.prepare<[], number>("SELECT count(*) FROM events WHERE delivery = 'dead'").pluck(),
      countWaiting: db.prepare<[], number>('SELECT count(*) FROM events WHERE next_attempt_at IS NOT NULL').pluck(),
      oldest: db.prepare<[number, number], Pick<DeliveryRow<string>, 'seq' | 'session' | 'at' | 'delivery'>>(
        'SELECT seq, session, at, delivery FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
      ),
      delete: db.prepare('DELETE FROM events WHERE seq = ?'),
      eraseExpired: db.prepare(
        'UPDATE sinks SET credential = NULL WHERE credential IS NOT NULL AND credential_expires_at <= ?',
      ),
    }
  }

  /** Inside a write: the sink of a new session. */
  addSink(session: ResourceId, { url, queue, credential, correlator, dialect }: Sink): void {
    const token = credential?.type === 'ACCESSTOKEN' ? credential : undefined
    this.#sql.insertSink.run(
      session,
      url,
      queue,
      credential?.type ?? null,
      token?.token ?? null,
      token?.expiresAt ?? null,
      correlator ?? null,
      dialect ?? null,
    )
  }

  /** Inside a write: an event, and its delivery to the sink. */
  append({ id, owner, subject, asked }: Resource, effect: Effect & { do: 'notify' }): void {
    const { ordinal, at, status } = effect
    const sink = asked.sink === undefined ? undefined : this.#sql.sink.get(id)
    const delivery = sink === undefined ? 'none' : sink.stopped ? 'stopped' : 'waiting'
    const isFirst = delivery === 'waiting' && (ordinal === 1 || this.#sql.firstWaiting.get(id) === undefined)
    this.#sql.insert.run(
      id,
      owner,
      subject ?? null,
      ordinal,
      at,
      status,
      status === 'UNAVAILABLE' ? effect.statusInfo : null,
      delivery,
      sink?.queue ?? null,
      isFirst ? at : null,
    )
    if (isFirst && sink !== undefined) this.#tell({ queue: sink.queue, at })
  }

  /** Inside a write: the session is deleted, and its sink too once no delivery to it is waiting. */
  forget(session: ResourceId): void {
    this.#sql.deleteIdleSink.run(session)
  }

  async ofSession(id: ResourceId, after: number): Promise<readonly SessionEventRecord[]> {
    return this.#sql.ofSession.all(id, after).map(toEvent)
  }

  async ofOwner(
    owner: ApplicationId,
    after: EventPosition | undefined,
    limit: number,
  ): Promise<readonly SessionEventRecord[]> {
    const place = after && this.#sql.placeOf.get(after.session, after.ordinal, owner)
    return this.#sql.ofOwner.all(owner, place ?? 0, limit).map(toEvent)
  }

  async lastOf(owner: ApplicationId): Promise<EventPosition | undefined> {
    return this.#sql.lastOf.get(owner)
  }

  async deliveriesOf(id: ResourceId): Promise<readonly DeliveryRecord[]> {
    return this.#sql.deliveriesOf.all(id).map((row) => {
      const { delivery: state, next_attempt_at: nextAttemptAt, reason } = row
      const record: Mutable<DeliveryRecord> = { event: toEvent(row), state, attempts: parseLog(row) }
      if (nextAttemptAt !== null) record.nextAttemptAt = nextAttemptAt
      if (state !== 'waiting' && reason !== null) record.reason = reason
      return record
    })
  }

  async queues(after: QueueId | undefined, limit: number): Promise<readonly DueQueue[]> {
    return this.#sql.queues.all(after ?? '', limit)
  }

  async countWaiting(queue: QueueId): Promise<number> {
    return this.#sql.countInQueue.get(queue) as number
  }

  async claimDeliveries(
    wanted: readonly QueueClaim[],
    now: Instant,
    leaseMs: number,
  ): Promise<readonly ClaimedQueue[]> {
    return wanted.map((claim) => this.#claim(claim, now, leaseMs))
  }

  #claim({ queue, limit }: QueueClaim, now: Instant, leaseMs: number): ClaimedQueue {
    const realNow = this.#monotonicNow()
    const claims = this.#claims.get(queue) ?? new Map<number, Claim>()
    const deliveries: Delivery[] = []
    const claimed: Mutable<ClaimedQueue> = { queue, deliveries }
    // One more than can be claimed or is already claimed: that one gives the time of the next request.
    for (const { seq, next_attempt_at: dueAt } of this.#sql.inQueue.all(queue, limit + claims.size + 1)) {
      if ((claims.get(seq)?.until ?? 0) > realNow) continue
      if (dueAt > now || deliveries.length === limit) {
        claimed.nextAt = dueAt
        break
      }
      const row = this.#sql.delivery.get(seq)
      if (row === undefined) continue
      const claim: Claim = { id: ++this.#lastClaim, until: realNow + leaseMs, seq, log: row.log }
      const earlier = claims.get(seq)
      if (earlier !== undefined) this.#claimsById.delete(earlier.id)
      claims.set(seq, claim)
      this.#claimsById.set(claim.id, claim)
      deliveries.push(toDelivery(row, claim.id))
    }
    if (claims.size > 0) this.#claims.set(queue, claims)
    return claimed
  }

  /** Ends a claim, unless another one has replaced it since. */
  #unclaim(queue: QueueId, claim: Claim): void {
    const claims = this.#claims.get(queue)
    this.#claimsById.delete(claim.id)
    if (claims?.get(claim.seq) === claim) claims.delete(claim.seq)
    if (claims?.size === 0) this.#claims.delete(queue)
  }

  settleDelivery(delivery: Delivery, attempt: DeliveryAttempt, outcome: DeliveryOutcome, now: Instant): Promise<void> {
    const { event, sink, attempts } = delivery
    const { session, ordinal } = event
    return this.#commits.write(() => {
      const { result } = outcome
      const claim = this.#claimsById.get(delivery.claim)
      const place = claim ?? this.#sql.place.get(session, ordinal)
      const recorded =
        place !== undefined &&
        this.#sql.record.run(
          result === 'retry' ? 'waiting' : result,
          result === 'retry' ? outcome.at : null,
          attempt.at,
          result === 'delivered' ? null : outcome.reason,
          appendToLog(place, attempt),
          place.seq,
          attempts,
        ).changes > 0
      const nextAt = recorded ? this.#moveOn(session, outcome, now) : undefined
      this.#commits.afterCommit(() => {
        if (claim !== undefined) this.#unclaim(sink.queue, claim)
        if (nextAt !== undefined) this.#onWork({ queue: sink.queue, at: nextAt })
      })
    })
  }

  /**
   * Inside a write: the consequences of an attempt. Returns when the session's next one is due; undefined if none is.
   */
  #moveOn(session: ResourceId, outcome: DeliveryOutcome, now: Instant): Instant | undefined {
    if (outcome.result === 'retry') return outcome.at
    if (outcome.result === 'stopped') {
      this.#sql.stopWaiting.run(outcome.reason, session)
      this.#sql.setStopped.run(1, session)
    }
    const events = this.#sql.stateOf.all(session)
    const next = events.find(({ delivery }) => delivery === 'waiting')
    if (next !== undefined) {
      this.#sql.setDue.run(now, next.seq)
      return now
    }
    // Not only after the last event: a dead letter may be delivered after it.
    if (events.some(({ status }) => status === 'UNAVAILABLE')) this.#rest(session)
    return undefined
  }

  /** An ended session without waiting deliveries needs no credential; a deleted one needs no sink either. */
  #rest(session: ResourceId): void {
    if (this.#sql.isForgotten.get(session) === 1) this.#sql.deleteIdleSink.run(session)
    else this.#sql.eraseCredential.run(session)
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#sql.dead.all(0, limit).map((row) => ({
      event: toEvent(row),
      attempts: parseLog(row).length,
      reason: row.reason ?? '',
    }))
  }

  async redeliver(which: Redelivery, now: Instant): Promise<number> {
    if (which === 'dead-letters') return this.#redeliverDead(now)
    const [session, wanted] =
      'event' in which
        ? [which.event.session, ({ ordinal }: DeliveryRow<string>) => ordinal === which.event.ordinal]
        : [which.session, ({ delivery }: DeliveryRow<string>) => delivery !== 'delivered']
    return this.#commits.write(() => {
      const rows = this.#sql.deliveriesOf.all(session).filter((row) => row.delivery !== 'none' && wanted(row))
      return this.#renew(rows, now)
    })
  }

  /** In the order of commits, each once: an event that fails again meanwhile is not repeated. */
  async #redeliverDead(now: Instant): Promise<number> {
    let redelivered = 0
    let after = 0
    for (;;) {
      const rows = this.#sql.dead.all(after, BATCH)
      const last = rows.at(-1)
      if (last === undefined) return redelivered
      redelivered += await this.#commits.write(() =>
        this.#renew(
          rows.filter(({ session }) => this.#sql.sink.get(session)?.stopped === 0),
          now,
        ),
      )
      after = last.seq
    }
  }

  /** Inside a write. */
  #renew(rows: readonly DeliveryRow<string>[], now: Instant): number {
    const queues = new Map<ResourceId, QueueId>()
    let renewed = 0
    for (const { seq, session, delivery } of rows) {
      const queue = queues.get(session) ?? this.#sql.sink.get(session)?.queue
      if (queue === undefined) continue
      queues.set(session, queue)
      if (delivery !== 'waiting') this.#sql.renew.run(queue, seq)
      renewed++
    }
    for (const session of queues.keys()) {
      this.#sql.setStopped.run(0, session)
      this.#sql.unsetDue.run(session)
      this.#sql.setDue.run(now, this.#sql.firstWaiting.get(session))
    }
    for (const queue of new Set(queues.values())) this.#tell({ queue, at: now })
    return renewed
  }

  async countDeliveries(): Promise<{ waiting: number; dead: number }> {
    return { waiting: this.#sql.countWaiting.get() as number, dead: this.#sql.countDead.get() as number }
  }

  /**
   * Deletes events of `before` and earlier without a waiting delivery, in small commits, and expired tokens. Events are
   * nearly in the order of their times, so the first page without an old one is the last to look at.
   */
  async tidy(before: Instant, realNow: Instant): Promise<void> {
    await this.#commits.write(() => this.#sql.eraseExpired.run(realNow))
    let after = 0
    for (;;) {
      const page = this.#sql.oldest.all(after, BATCH)
      const last = page.at(-1)
      const old = page.filter(({ at }) => at <= before)
      if (last === undefined || old.length === 0) return
      const done = old.filter(({ delivery }) => delivery !== 'waiting')
      if (done.length > 0) {
        await this.#commits.write(() => {
          for (const { seq } of done) this.#sql.delete.run(seq)
          for (const { session, delivery } of done) {
            if (delivery === 'dead' && this.#sql.isForgotten.get(session) === 1) this.#sql.deleteIdleSink.run(session)
          }
        })
      }
      after = last.seq
    }
  }

  #tell(due: DueQueue): void {
    this.#commits.afterCommit(() => this.#onWork(due))
  }
}

const parseLog = ({ log, seq }: Pick<DeliveryRow<string>, 'log' | 'seq'>): DeliveryAttempt[] =>
  log === null ? [] : parsed<DeliveryAttempt[]>(log, 'events', String(seq))

const appendToLog = (row: Pick<DeliveryRow<string>, 'log' | 'seq'>, attempt: DeliveryAttempt): string =>
  JSON.stringify([...parseLog(row), attempt].slice(-LOGGED_ATTEMPTS))
