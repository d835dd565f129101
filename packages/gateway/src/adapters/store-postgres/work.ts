import { type Instant, instant, type NetworkId, type ResourceId } from '@rightofway/camara'
import type { Resource } from '../../domain/resource.js'
import type { Stored, Version } from '../../ports/store/sessions.js'
import type { NetworkTask, WorkHint, WorkStore } from '../../ports/store/work.js'
import { type SessionRow, toStored } from '../store-common/rows/sessions.js'
import { Claims } from './claims.js'
import type { Database } from './database.js'
import type { Committed } from './hints.js'
import { sql } from './sql.js'

export interface PostgresWorkOptions {
  readonly database: Database
  readonly claims: Claims
}

interface TimerRow extends SessionRow {
  wake_at: Instant
}

interface TaskRow extends SessionRow {
  seq: number
  wanted: Version
  kind: NetworkTask['do']
}

const SQL = {
  nextTimer: sql('work/next-timer'),
  claimTimers: sql('work/claim-timers', { FREE: Claims.FREE, TAKE: Claims.take('$5', '$6') }),
  unclaimTimers: sql('work/unclaim-timers', { LET_GO: Claims.LET_GO }),
  claimTasks: sql('work/claim-tasks', { FREE: Claims.FREE, TAKE: Claims.take('$5', '$6') }),
  unclaimTasks: sql('work/unclaim-tasks', { LET_GO: Claims.LET_GO }),
  settle: sql('work/settle'),
  countTasks: sql('work/count-tasks'),
  lookAround: sql('work/look-around', { FREE: Claims.FREE }),
  releaseTimers: sql('work/release-timers', { LET_GO: Claims.LET_GO }),
}

export class PostgresWork implements WorkStore {
  readonly #options: PostgresWorkOptions
  readonly #listeners = new Set<(hint: WorkHint) => void>()
  readonly #ahead: LookAhead

  constructor(options: PostgresWorkOptions) {
    this.#options = options
    this.#ahead = new LookAhead()
  }

  /** There is work. */
  readonly tell = (hint: WorkHint): void => {
    for (const listener of this.#listeners) listener(hint)
  }

  /** A session was committed: an earlier reading is out of date. */
  committed(session: ResourceId, version: Version): void {
    this.#ahead.drop(session, version)
  }

  /** Another gateway has committed these. */
  heard(sessions: readonly Committed[]): void {
    for (const [session, version] of sessions) {
      this.committed(session, version)
      this.tell({ session, remote: true })
    }
  }

  async nextTimer(after: Instant): Promise<Instant | undefined> {
    const [row] = await this.#options.database.read<{ wake_at: Instant }>({
      name: 'next-timer',
      text: SQL.nextTimer,
      values: [after],
    })
    return row?.wake_at
  }

  async claimTimers(now: Instant, limit: number, leaseMs: number): Promise<readonly Stored<Resource>[]> {
    const read = this.#ahead.take(now, limit)
    if (read.length > 0) return read
    return (await this.#claimTimers(now, limit, leaseMs)).map(toStored)
  }

  /**
   * Claims timers that are due until `until`, and keeps them in memory: then {@link claimTimers} has them at once.
   * @param limit the most that are claimed
   */
  async lookAhead(now: Instant, until: Instant, limit: number, leaseMs: number): Promise<void> {
    const rows = await this.#claimTimers(until, limit, until - now + leaseMs)
    for (const row of rows) this.#ahead.add(row.wake_at, toStored(row))
    const [first] = rows
    // No other gateway will fire it now: another one may have set it, and this one does not know yet when it is due.
    if (first !== undefined) this.tell({ timer: first.wake_at })
  }

  #claimTimers(until: Instant, limit: number, leaseMs: number): Promise<TimerRow[]> {
    const { database, claims } = this.#options
    return claims.make(
      (n) =>
        database.query<TimerRow>({
          name: 'claim-timers',
          text: SQL.claimTimers,
          values: [...claims.values, until, limit, leaseMs, n],
        }),
      (n) => ({
        text: SQL.unclaimTimers,
        values: [until, claims.self, n],
      }),
      () => this.tell({ timer: until }),
    )
  }

  async claimTasks(network: NetworkId, limit: number, leaseMs: number): Promise<readonly NetworkTask[]> {
    const { database, claims } = this.#options
    const rows = await claims.make(
      (n) =>
        database.query<TaskRow>({
          name: 'claim-tasks',
          text: SQL.claimTasks,
          values: [...claims.values, network, limit, leaseMs, n],
        }),
      (n) => ({
        text: SQL.unclaimTasks,
        values: [network, claims.self, n],
      }),
      () => this.tell({ network }),
    )
    return rows.map((row) => ({ session: toStored(row).session, version: row.wanted, do: row.kind }))
  }

  async settle(id: ResourceId, version: Version): Promise<void> {
    await this.#options.database.query({
      name: 'settle-task',
      text: SQL.settle,
      values: [id, version],
    })
  }

  async countTasks(network: NetworkId): Promise<number> {
    const [row] = await this.#options.database.read<{ count: number }>({
      name: 'count-tasks',
      text: SQL.countTasks,
      values: [network],
    })
    return row?.count ?? 0
  }

  watchWork(listener: (hint: WorkHint) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reports unclaimed work: hints are lost, and gateways die. */
  async lookAround(now: Instant): Promise<void> {
    const { database, claims } = this.#options
    const [row] = await database.read<{ timer: Instant | null; networks: NetworkId[] | null }>({
      name: 'look-around',
      text: SQL.lookAround,
      values: [...claims.values, now],
    })
    if (row?.timer != null) this.tell({ timer: instant(row.timer) })
    for (const network of row?.networks ?? []) this.tell({ network })
  }

  /** Gives back claimed timers that are not due yet. */
  async close(): Promise<void> {
    const sessions = this.#ahead.clear()
    if (sessions.length === 0) return
    await this.#options.database.query({
      text: SQL.releaseTimers,
      values: [sessions, this.#options.claims.self],
    })
  }
}

/** Later than all versions. */
const FORGOTTEN = Number.POSITIVE_INFINITY

interface Ahead {
  readonly at: Instant
  readonly stored: Stored<Resource>
  /** The session was committed since: its timer is another one, which any gateway can claim. */
  over: boolean
}

/** Timers claimed before they are due. */
class LookAhead {
  /** In the order in which they are due. */
  #timers: Ahead[] = []
  readonly #bySession = new Map<ResourceId, Ahead>()

  add(at: Instant, stored: Stored<Resource>): void {
    const { id } = stored.session
    this.drop(id, FORGOTTEN)
    const last = this.#timers.at(-1)
    const timer: Ahead = { at, stored, over: false }
    this.#timers.push(timer)
    this.#bySession.set(id, timer)
    if (last !== undefined && last.at > at) this.#timers.sort((a, b) => a.at - b.at)
  }

  /** Unless it was read after that version: then it is claimed, and no other gateway would fire it for long. */
  drop(id: ResourceId, committed: number): void {
    const timer = this.#bySession.get(id)
    if (timer === undefined || timer.stored.version >= committed) return
    timer.over = true
    this.#bySession.delete(id)
  }

  take(now: Instant, limit: number): Stored<Resource>[] {
    const taken: Stored<Resource>[] = []
    let passed = 0
    for (const { at, stored, over } of this.#timers) {
      if (at > now || taken.length === limit) break
      passed++
      if (over) continue
      taken.push(stored)
      this.#bySession.delete(stored.session.id)
    }
    if (passed > 0) this.#timers.splice(0, passed)
    return taken
  }

  clear(): ResourceId[] {
    const ids = [...this.#bySession.keys()]
    this.#timers = []
    this.#bySession.clear()
    return ids
  }
}
