import type { ApplicationId, Instant, Mutable, SessionId, StatusInfo, SubjectId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { QueueId } from '../../domain/queue.js'
import type { Effect, Session, StatusReport } from '../../domain/session.js'
import {
  type Ciphertext,
  type ClaimedQueue,
  type DeadLetter,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryOutcome,
  type DeliveryRecord,
  type DeliveryState,
  type DueQueue,
  type EventStore,
  LOGGED_ATTEMPTS,
  type QueueClaim,
  type Redelivery,
  type SessionEventRecord,
  type Sink,
  type StoredCredential,
} from '../../ports/store.js'
import type { GroupCommit } from '../sqlite/group-commit.js'

interface EventRow {
  seq: number
  session: SessionId
  owner: ApplicationId
  subject: SubjectId | null
  ordinal: number
  at: Instant
  status: StatusReport['status']
  status_info: StatusInfo | null
}

interface DeliveryRow extends EventRow {
  delivery: DeliveryState
  attempts: number
  first_attempt_at: Instant | null
  reason: string | null
  log: string | null
}

interface ClaimRow extends DeliveryRow {
  url: string
  queue: QueueId
  credential_type: StoredCredential['type'] | null
  credential: Ciphertext | null
  credential_expires_at: Instant | null
  correlator: string | null
}

interface LaneRow {
  session: SessionId
  queue: QueueId
  next_attempt_at: Instant
}

/** Events put back in line, or forgotten, in one commit. */
const BATCH = 500

const EVENT = 'e.seq, e.session, e.owner, e.subject, e.ordinal, e.at, e.status, e.status_info'
const DELIVERY = `${EVENT}, e.delivery, e.attempts, e.first_attempt_at, e.reason, e.log`
/** Nothing of this lane's session is on its way, nor could be again. */
const IDLE = "NOT EXISTS (SELECT 1 FROM events WHERE session = sinks.session AND delivery IN ('waiting', 'dead'))"

export class SqliteEvents implements EventStore {
  readonly #commits: GroupCommit
  readonly #monotonicNow: () => number
  /** End of the lease of every claimed lane, by queue. */
  readonly #claims = new Map<QueueId, Map<SessionId, number>>()
  readonly #onWork: (due: DueQueue) => void
  readonly #sql

  /** @param onWork called after a commit that gave a queue something to do */
  constructor(db: Database, commits: GroupCommit, monotonicNow: () => number, onWork: (due: DueQueue) => void) {
    this.#commits = commits
    this.#monotonicNow = monotonicNow
    this.#onWork = onWork
    this.#sql = {
      insert: db.prepare(
        `INSERT INTO events (session, owner, subject, ordinal, at, status, status_info, delivery)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      insertSink: db.prepare(
        `INSERT INTO sinks (session, url, queue, credential_type, credential, credential_expires_at, correlator)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
      // The lane of a sink that wants nothing more keeps still.
      wakeLane: db.prepare<[Instant, SessionId], LaneRow>(
        `UPDATE sinks SET next_attempt_at = coalesce(next_attempt_at, ?) WHERE session = ? AND NOT stopped
         RETURNING session, queue, next_attempt_at`,
      ),
      ofSession: db.prepare<[SessionId, number], EventRow>(
        `SELECT ${EVENT} FROM events e WHERE e.session = ? AND e.ordinal > ? ORDER BY e.ordinal`,
      ),
      deliveriesOf: db.prepare<[SessionId], DeliveryRow>(
        `SELECT ${DELIVERY} FROM events e WHERE e.session = ? ORDER BY e.ordinal`,
      ),
      laneDue: db.prepare<[SessionId], Instant | null>('SELECT next_attempt_at FROM sinks WHERE session = ?').pluck(),
      // From queue to queue, each found by one step in the index, however much waits in it.
      queues: db.prepare<[], { queue: QueueId; at: Instant }>(
        `WITH RECURSIVE waiting (queue) AS (
           SELECT min(queue) FROM sinks WHERE next_attempt_at IS NOT NULL
           UNION ALL
           SELECT (SELECT min(queue) FROM sinks WHERE next_attempt_at IS NOT NULL AND queue > waiting.queue)
           FROM waiting WHERE waiting.queue IS NOT NULL
         )
         SELECT queue, (SELECT min(next_attempt_at) FROM sinks
                        WHERE next_attempt_at IS NOT NULL AND queue = waiting.queue) AS at
         FROM waiting WHERE queue IS NOT NULL`,
      ),
      lanes: db.prepare<[QueueId, number], LaneRow>(
        `SELECT session, queue, next_attempt_at FROM sinks WHERE queue = ? AND next_attempt_at IS NOT NULL
         ORDER BY next_attempt_at LIMIT ?`,
      ),
      countLanes: db
        .prepare<[QueueId], number>('SELECT count(*) FROM sinks WHERE queue = ? AND next_attempt_at IS NOT NULL')
        .pluck(),
      firstWaiting: db.prepare<[SessionId], ClaimRow>(
        `SELECT ${DELIVERY}, s.url, s.queue, s.credential_type, s.credential, s.credential_expires_at, s.correlator
         FROM events e JOIN sinks s ON s.session = e.session
         WHERE e.session = ? AND e.delivery = 'waiting' ORDER BY e.ordinal LIMIT 1`,
      ),
      log: db
        .prepare<[SessionId, number], string | null>('SELECT log FROM events WHERE session = ? AND ordinal = ?')
        .pluck(),
      // Whoever claims after a lease has run out, and records first, is right.
      record: db.prepare(
        `UPDATE events SET delivery = ?, attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, ?),
           reason = ?, log = ?
         WHERE session = ? AND ordinal = ? AND delivery = 'waiting' AND attempts = ?`,
      ),
      stopWaiting: db.prepare(
        "UPDATE events SET delivery = 'stopped', reason = ? WHERE session = ? AND delivery = 'waiting'",
      ),
      stopLane: db.prepare('UPDATE sinks SET stopped = 1, next_attempt_at = NULL, credential = NULL WHERE session = ?'),
      hasWaiting: db
        .prepare<[SessionId], 1>("SELECT 1 FROM events WHERE session = ? AND delivery = 'waiting' LIMIT 1")
        .pluck(),
      hasEnded: db
        .prepare<[SessionId], 1>("SELECT 1 FROM events WHERE session = ? AND status = 'UNAVAILABLE' LIMIT 1")
        .pluck(),
      setLaneDue: db.prepare('UPDATE sinks SET next_attempt_at = ? WHERE session = ?'),
      eraseCredential: db.prepare(`UPDATE sinks SET credential = NULL WHERE session = ? AND ${IDLE}`),
      deleteIdleLane: db.prepare(`DELETE FROM sinks WHERE session = ? AND ${IDLE}`),
      isForgotten: db.prepare<[SessionId], 0 | 1>('SELECT NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?)').pluck(),
      dead: db.prepare<[number, number], DeliveryRow>(
        `SELECT ${DELIVERY} FROM events e WHERE e.delivery = 'dead' AND e.seq > ? ORDER BY e.seq LIMIT ?`,
      ),
      renew: db.prepare(
        `UPDATE events SET delivery = 'waiting', attempts = 0, first_attempt_at = NULL, reason = NULL
         WHERE session = ? AND ordinal = ? AND delivery <> 'none'`,
      ),
      reopenLane: db.prepare<[Instant, SessionId], LaneRow>(
        'UPDATE sinks SET stopped = 0, next_attempt_at = ? WHERE session = ? RETURNING session, queue, next_attempt_at',
      ),
      isStopped: db.prepare<[SessionId], 0 | 1>('SELECT stopped FROM sinks WHERE session = ?').pluck(),
      countDead: db.prepare<[], number>("SELECT count(*) FROM events WHERE delivery = 'dead'").pluck(),
      countWaiting: db.prepare<[], number>('SELECT count(*) FROM sinks WHERE next_attempt_at IS NOT NULL').pluck(),
      oldest: db.prepare<[number, number], Pick<DeliveryRow, 'seq' | 'session' | 'at' | 'delivery'>>(
        'SELECT seq, session, at, delivery FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
      ),
      delete: db.prepare('DELETE FROM events WHERE seq = ?'),
      eraseExpired: db.prepare(
        'UPDATE sinks SET credential = NULL WHERE credential IS NOT NULL AND credential_expires_at <= ?',
      ),
    }
  }

  /** Inside a write: the lane of a new session. */
  addSink(session: SessionId, { url, queue, credential, correlator }: Sink): void {
    const token = credential?.type === 'ACCESSTOKEN' ? credential : undefined
    this.#sql.insertSink.run(
      session,
      url,
      queue,
      credential?.type ?? null,
      token?.token ?? null,
      token?.expiresAt ?? null,
      correlator ?? null,
    )
  }

  /** Inside a write: what happened, and that the sink has to hear of it. */
  append({ id, owner, subject, asked }: Session, effect: Effect & { do: 'notify' }): void {
    const { ordinal, at, status } = effect
    const hasSink = asked.sink !== undefined
    const lane = hasSink ? this.#sql.wakeLane.get(at, id) : undefined
    const statusInfo = status === 'UNAVAILABLE' ? effect.statusInfo : null
    const delivery = lane !== undefined ? 'waiting' : hasSink ? 'stopped' : 'none'
    this.#sql.insert.run(id, owner, subject ?? null, ordinal, at, status, statusInfo, delivery)
    if (lane !== undefined) this.#tell(lane)
  }

  /** Inside a write: the session is forgotten, and its lane too once nothing is in it. */
  forget(session: SessionId): void {
    this.#sql.deleteIdleLane.run(session)
  }

  async ofSession(id: SessionId, after: number): Promise<readonly SessionEventRecord[]> {
    return this.#sql.ofSession.all(id, after).map(toRecord)
  }

  async deliveriesOf(id: SessionId): Promise<readonly DeliveryRecord[]> {
    const rows = this.#sql.deliveriesOf.all(id)
    const dueAt = this.#sql.laneDue.get(id) ?? undefined
    const first = rows.find(({ delivery }) => delivery === 'waiting')
    return rows.map((row) => {
      const record: Mutable<DeliveryRecord> = {
        event: toRecord(row),
        state: row.delivery,
        attempts: parseLog(row.log),
      }
      if (row === first && dueAt !== undefined) record.nextAttemptAt = dueAt
      if (row.delivery !== 'waiting' && row.reason !== null) record.reason = row.reason
      return record
    })
  }

  async queues(): Promise<readonly DueQueue[]> {
    return this.#sql.queues.all()
  }

  async countWaiting(queue: QueueId): Promise<number> {
    return this.#sql.countLanes.get(queue) as number
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
    const claims = this.#claims.get(queue) ?? new Map<SessionId, number>()
    const deliveries: Delivery[] = []
    const claimed: Mutable<ClaimedQueue> = { queue, deliveries }
    // One more than can be claimed or is claimed already: that one says when to ask again.
    for (const { session, next_attempt_at: dueAt } of this.#sql.lanes.all(queue, limit + claims.size + 1)) {
      if ((claims.get(session) ?? 0) > realNow) continue
      if (dueAt > now || deliveries.length === limit) {
        claimed.nextAt = dueAt
        break
      }
      const row = this.#sql.firstWaiting.get(session)
      if (row === undefined) continue
      claims.set(session, realNow + leaseMs)
      deliveries.push(toDelivery(row, dueAt))
    }
    if (claims.size > 0) this.#claims.set(queue, claims)
    return claimed
  }

  #unclaim({ session, queue }: Pick<LaneRow, 'session' | 'queue'>): void {
    const claims = this.#claims.get(queue)
    claims?.delete(session)
    if (claims?.size === 0) this.#claims.delete(queue)
  }

  settleDelivery(
    { event, sink: { queue }, attempts }: Delivery,
    attempt: DeliveryAttempt,
    outcome: DeliveryOutcome,
    now: Instant,
  ): Promise<void> {
    const { session, ordinal } = event
    return this.#commits.write(() => {
      const { result } = outcome
      const sql = this.#sql
      const reason = result === 'delivered' ? null : outcome.reason
      const log = appendToLog(sql.log.get(session, ordinal) ?? null, attempt)
      const state = result === 'retry' ? 'waiting' : result
      const recorded = sql.record.run(state, attempt.at, reason, log, session, ordinal, attempts).changes > 0
      const nextAt = recorded ? this.#moveOn(session, outcome, now) : undefined
      this.#commits.afterCommit(() => {
        this.#unclaim({ session, queue })
        if (nextAt !== undefined) this.#onWork({ queue, at: nextAt })
      })
    })
  }

  /** Inside a write: what the lane does next. Returns when its next attempt is due; undefined if none is. */
  #moveOn(session: SessionId, outcome: DeliveryOutcome, now: Instant): Instant | undefined {
    const sql = this.#sql
    if (outcome.result === 'retry') {
      sql.setLaneDue.run(outcome.at, session)
      return outcome.at
    }
    if (outcome.result === 'stopped') {
      sql.stopWaiting.run(outcome.reason, session)
      sql.stopLane.run(session)
    } else if (sql.hasWaiting.get(session) !== undefined) {
      sql.setLaneDue.run(now, session)
      return now
    } else {
      sql.setLaneDue.run(null, session)
    }
    this.#rest(session)
    return undefined
  }

  /** Nothing waits: of a session that has ended the credential is not needed any more, of a forgotten one the lane. */
  #rest(session: SessionId): void {
    if (this.#sql.isForgotten.get(session) === 1) this.#sql.deleteIdleLane.run(session)
    // Not only after the last event: a letter that was dead may be told behind it.
    else if (this.#sql.hasEnded.get(session) !== undefined) this.#sql.eraseCredential.run(session)
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#sql.dead.all(0, limit).map((row) => ({
      event: toRecord(row),
      attempts: parseLog(row.log).length,
      reason: row.reason ?? '',
    }))
  }

  async redeliver(which: Redelivery, now: Instant): Promise<number> {
    if (which === 'dead-letters') return this.#redeliverDead(now)
    const [session, wanted] =
      'event' in which
        ? [which.event.session, ({ ordinal }: DeliveryRow) => ordinal === which.event.ordinal]
        : [which.session, ({ delivery }: DeliveryRow) => delivery !== 'delivered']
    return this.#commits.write(() => {
      const rows = this.#sql.deliveriesOf.all(session).filter((row) => row.delivery !== 'none' && wanted(row))
      return this.#renew(rows, now)
    })
  }

  /** In the order of commits, each once: one that dies again meanwhile is not taken up once more. */
  async #redeliverDead(now: Instant): Promise<number> {
    let redelivered = 0
    let after = 0
    for (;;) {
      const rows = this.#sql.dead.all(after, BATCH)
      const last = rows.at(-1)
      if (last === undefined) return redelivered
      redelivered += await this.#commits.write(() => {
        const wanted = rows.filter(({ session }) => this.#sql.isStopped.get(session) === 0)
        return this.#renew(wanted, now)
      })
      after = last.seq
    }
  }

  /** Inside a write. */
  #renew(rows: readonly DeliveryRow[], now: Instant): number {
    const lanes = new Map<SessionId, LaneRow | undefined>()
    let renewed = 0
    for (const { session, ordinal, delivery } of rows) {
      if (!lanes.has(session)) lanes.set(session, this.#sql.reopenLane.get(now, session))
      if (lanes.get(session) === undefined) continue
      if (delivery !== 'waiting') this.#sql.renew.run(session, ordinal)
      renewed++
    }
    const told = new Set<QueueId>()
    for (const lane of lanes.values()) {
      if (lane === undefined || told.has(lane.queue)) continue
      told.add(lane.queue)
      this.#tell(lane)
    }
    return renewed
  }

  async countDeliveries(): Promise<{ waiting: number; dead: number }> {
    return { waiting: this.#sql.countWaiting.get() as number, dead: this.#sql.countDead.get() as number }
  }

  /**
   * Forgets events of `before` and earlier that wait for nothing, in small commits, and tokens that have expired.
   * Events stand nearly in the order of their moments, so the first page without an old one is the last to look at.
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
          for (const { session, delivery } of done) if (delivery === 'dead') this.#rest(session)
        })
      }
      after = last.seq
    }
  }

  #tell({ queue, next_attempt_at: at }: LaneRow): void {
    this.#commits.afterCommit(() => this.#onWork({ queue, at }))
  }
}

function toRecord({ session, owner, subject, ordinal, at, status, status_info }: EventRow): SessionEventRecord {
  const report: StatusReport = status === 'AVAILABLE' ? { status } : { status, statusInfo: status_info as StatusInfo }
  const record: Mutable<SessionEventRecord> = { session, owner, ordinal, at, report }
  if (subject !== null) record.subject = subject
  return record
}

function toDelivery(row: ClaimRow, dueAt: Instant): Delivery {
  const sink: Mutable<Sink> = { url: row.url, queue: row.queue }
  const credential = toCredential(row)
  if (credential !== undefined) sink.credential = credential
  if (row.correlator !== null) sink.correlator = row.correlator
  const delivery: Mutable<Delivery> = { event: toRecord(row), sink, attempts: row.attempts, dueAt }
  if (row.first_attempt_at !== null) delivery.firstAttemptAt = row.first_attempt_at
  return delivery
}

function toCredential({ credential_type, credential, credential_expires_at }: ClaimRow): StoredCredential | undefined {
  if (credential_type === null) return undefined
  if (credential_type === 'PRIVATE_KEY_JWT') return { type: credential_type }
  const expiresAt = credential_expires_at as Instant
  return credential === null
    ? { type: credential_type, expiresAt }
    : { type: credential_type, token: credential, expiresAt }
}

const parseLog = (log: string | null): DeliveryAttempt[] => (log === null ? [] : (JSON.parse(log) as DeliveryAttempt[]))

const appendToLog = (log: string | null, attempt: DeliveryAttempt): string =>
  JSON.stringify(log === null ? [attempt] : [...parseLog(log), attempt].slice(-LOGGED_ATTEMPTS))
