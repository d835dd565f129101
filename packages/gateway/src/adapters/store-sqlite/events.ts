import type { ApplicationId, Instant, SessionId, StatusInfo } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { Effect, Session, StatusReport } from '../../domain/session.js'
import type {
  Ciphertext,
  DeadLetter,
  Delivery,
  DeliveryOutcome,
  EventStore,
  SessionEventRecord,
  Sink,
} from '../../ports/store.js'
import type { GroupCommit } from '../sqlite/group-commit.js'

interface EventRow {
  seq: number
  session: SessionId
  owner: ApplicationId
  ordinal: number
  at: Instant
  status: StatusReport['status']
  status_info: StatusInfo | null
  attempts: number
  reason: string | null
}

interface DeliveryRow extends EventRow {
  url: string
  credential: Ciphertext | null
  correlator: string | null
  next_attempt_at: Instant
}

export class SqliteEvents implements EventStore {
  readonly #commits: GroupCommit
  readonly #monotonicNow: () => number
  readonly #claims = new Map<SessionId, number>()
  readonly #onWork: () => void
  readonly #sql

  /** @param onWork called after a commit that gave a delivery something to do */
  constructor(db: Database, commits: GroupCommit, monotonicNow: () => number, onWork: () => void) {
    this.#commits = commits
    this.#monotonicNow = monotonicNow
    this.#onWork = onWork
    const columns = 'e.seq, e.session, e.owner, e.ordinal, e.at, e.status, e.status_info, e.attempts, e.reason'
    this.#sql = {
      insert: db.prepare(
        'INSERT INTO events (session, owner, ordinal, at, status, status_info, delivery) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ),
      insertSink: db.prepare('INSERT INTO sinks (session, url, credential, correlator) VALUES (?, ?, ?, ?)'),
      // The lane of a sink that wants nothing more keeps still.
      wakeSink: db.prepare(
        'UPDATE sinks SET next_attempt_at = coalesce(next_attempt_at, ?) WHERE session = ? AND NOT stopped',
      ),
      ofSession: db.prepare<[string, number], EventRow>(
        `SELECT ${columns} FROM events e WHERE e.session = ? AND e.ordinal > ? ORDER BY e.ordinal`,
      ),
      nextAttempt: db
        .prepare<[number], Instant>(
          'SELECT next_attempt_at FROM sinks WHERE next_attempt_at > ? ORDER BY next_attempt_at LIMIT 1',
        )
        .pluck(),
      due: db.prepare<[number, number], DeliveryRow>(
        `SELECT ${columns}, s.url, s.credential, s.correlator, s.next_attempt_at
         FROM sinks s JOIN events e ON e.session = s.session AND e.ordinal =
           (SELECT min(ordinal) FROM events WHERE session = s.session AND delivery = 'waiting')
         WHERE s.next_attempt_at <= ? ORDER BY s.next_attempt_at LIMIT ?`,
      ),
      // Not if another attempt has been recorded since.
      setDelivery: db.prepare(
        `UPDATE events SET delivery = ?, attempts = attempts + 1, reason = ?
         WHERE session = ? AND ordinal = ? AND delivery = 'waiting' AND attempts = ?`,
      ),
      stopWaiting: db.prepare(
        "UPDATE events SET delivery = 'stopped', reason = ? WHERE session = ? AND delivery = 'waiting'",
      ),
      stopSink: db.prepare('UPDATE sinks SET stopped = 1, next_attempt_at = NULL, credential = NULL WHERE session = ?'),
      hasWaiting: db
        .prepare<[string], number>("SELECT 1 FROM events WHERE session = ? AND delivery = 'waiting'")
        .pluck(),
      hasEnded: db
        .prepare<[string], number>("SELECT 1 FROM events WHERE session = ? AND status = 'UNAVAILABLE'")
        .pluck(),
      isForgotten: db.prepare<[string], number>('SELECT NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?)').pluck(),
      setNextAttempt: db.prepare('UPDATE sinks SET next_attempt_at = ? WHERE session = ?'),
      // Dead letters may be put back in line, and need it then.
      eraseCredential: db.prepare(
        `UPDATE sinks SET credential = NULL WHERE session = ?
         AND NOT EXISTS (SELECT 1 FROM events WHERE session = sinks.session AND delivery IN ('waiting', 'dead'))`,
      ),
      deleteIdleSink: db.prepare(
        `DELETE FROM sinks WHERE session = ?
         AND NOT EXISTS (SELECT 1 FROM events WHERE session = sinks.session AND delivery IN ('waiting', 'dead'))`,
      ),
      dead: db.prepare<[number], EventRow>(
        `SELECT ${columns} FROM events e WHERE e.delivery = 'dead' ORDER BY e.seq LIMIT ?`,
      ),
      revivable: db
        .prepare<[], SessionId>(
          `SELECT DISTINCT e.session FROM events e JOIN sinks s ON s.session = e.session
           WHERE e.delivery = 'dead' AND NOT s.stopped`,
        )
        .pluck(),
      isStopped: db.prepare<[string], number>('SELECT stopped FROM sinks WHERE session = ?').pluck(),
      old: db.prepare<[number, number], { seq: number; session: SessionId; delivery: string }>(
        "SELECT seq, session, delivery FROM events WHERE at <= ? AND delivery <> 'waiting' LIMIT ?",
      ),
      delete: db.prepare('DELETE FROM events WHERE seq = ?'),
      revive: db.prepare(
        "UPDATE events SET delivery = 'waiting', attempts = 0, reason = NULL WHERE delivery = 'dead' AND session = ?",
      ),
      countDead: db.prepare<[], number>("SELECT count(*) FROM events WHERE delivery = 'dead'").pluck(),
      countWaiting: db.prepare<[], number>('SELECT count(*) FROM sinks WHERE next_attempt_at IS NOT NULL').pluck(),
    }
  }

  /** Inside a write: the lane of a new session. */
  addSink(session: SessionId, sink: Sink): void {
    this.#sql.insertSink.run(session, sink.url, sink.credential ?? null, sink.correlator ?? null)
  }

  /** Inside a write: what happened, and that the sink has to hear of it. */
  append({ id, owner, asked }: Session, effect: Effect & { do: 'notify' }): void {
    const hasSink = asked.sink !== undefined
    const waits = hasSink && this.#sql.wakeSink.run(effect.at, id).changes > 0
    const statusInfo = effect.status === 'UNAVAILABLE' ? effect.statusInfo : null
    const delivery = waits ? 'waiting' : hasSink ? 'stopped' : 'none'
    this.#sql.insert.run(id, owner, effect.ordinal, effect.at, effect.status, statusInfo, delivery)
    if (waits) this.#commits.afterCommit(this.#onWork)
  }

  /** Inside a write: the session is forgotten, and its lane too once nothing is in it. */
  forget(session: SessionId): void {
    this.#sql.deleteIdleSink.run(session)
  }

  async ofSession(id: SessionId, after: number): Promise<readonly SessionEventRecord[]> {
    return this.#sql.ofSession.all(id, after).map(toRecord)
  }

  async nextAttempt(after: Instant): Promise<Instant | undefined> {
    return this.#sql.nextAttempt.get(after)
  }

  async claimDeliveries(now: Instant, limit: number, leaseMs: number): Promise<readonly Delivery[]> {
    const realNow = this.#monotonicNow()
    return this.#sql.due
      .all(now, limit + this.#claims.size)
      .filter(({ session }) => (this.#claims.get(session) ?? 0) <= realNow)
      .slice(0, limit)
      .map((row) => {
        this.#claims.set(row.session, realNow + leaseMs)
        const { url, credential, correlator } = row
        return {
          event: toRecord(row),
          sink: { url, ...(credential !== null && { credential }), ...(correlator !== null && { correlator }) },
          attempts: row.attempts,
          since: row.at,
        }
      })
  }

  settleDelivery({ event, attempts }: Delivery, outcome: DeliveryOutcome, now: Instant): Promise<void> {
    const { session, ordinal } = event
    return this.#commits.write(() => {
      const { result } = outcome
      const sql = this.#sql
      const reason = result === 'delivered' ? null : outcome.reason
      const delivery = result === 'retry' ? 'waiting' : result
      if (sql.setDelivery.run(delivery, reason, session, ordinal, attempts).changes === 0) return
      if (result === 'retry') {
        sql.setNextAttempt.run(outcome.at, session)
      } else if (result === 'stopped') {
        sql.stopWaiting.run(reason, session)
        sql.stopSink.run(session)
        this.#rest(session)
      } else if (sql.hasWaiting.get(session) !== undefined) {
        sql.setNextAttempt.run(now, session)
      } else {
        sql.setNextAttempt.run(null, session)
        this.#rest(session)
      }
      this.#commits.afterCommit(() => {
        this.#claims.delete(session)
        this.#onWork()
      })
    })
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#sql.dead.all(limit).map((row) => ({
      event: toRecord(row),
      attempts: row.attempts,
      reason: row.reason ?? '',
    }))
  }

  redeliver(id: SessionId | undefined, now: Instant): Promise<number> {
    return this.#commits.write(() => {
      const sql = this.#sql
      const sessions = id === undefined ? sql.revivable.all() : sql.isStopped.get(id) === 0 ? [id] : []
      let revived = 0
      for (const session of sessions) {
        const changes = sql.revive.run(session).changes
        if (changes > 0) sql.wakeSink.run(now, session)
        revived += changes
      }
      if (revived > 0) this.#commits.afterCommit(this.#onWork)
      return revived
    })
  }

  /** Inside a write: forgets events of before, but for those that wait. Returns how many, at most `limit`. */
  tidy(before: Instant, limit: number): number {
    const old = this.#sql.old.all(before, limit)
    for (const { seq } of old) this.#sql.delete.run(seq)
    for (const session of new Set(old.filter(({ delivery }) => delivery === 'dead').map(({ session }) => session))) {
      this.#rest(session)
    }
    return old.length
  }

  /** Nothing waits: of a session that has ended the credential is not needed any more, of a forgotten one the lane. */
  #rest(session: SessionId): void {
    if (this.#sql.isForgotten.get(session)) this.#sql.deleteIdleSink.run(session)
    // Not only after the last event: a letter that was dead may be told behind it.
    else if (this.#sql.hasEnded.get(session)) this.#sql.eraseCredential.run(session)
  }

  async countDeliveries(): Promise<{ waiting: number; dead: number }> {
    return { waiting: this.#sql.countWaiting.get() as number, dead: this.#sql.countDead.get() as number }
  }
}

const toRecord = ({ session, owner, ordinal, at, status, status_info }: EventRow): SessionEventRecord => ({
  session,
  owner,
  ordinal,
  at,
  report: status === 'AVAILABLE' ? { status } : { status, statusInfo: status_info as StatusInfo },
})
