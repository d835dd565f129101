// A simulated network: it admits, remembers, refuses and fails like a real one, and carries no packets. It has its own
// state file, because a network keeps its state when a gateway dies.

import { after, type Instant, instant, type NetworkId, type ReservationId, type Seconds } from '@rightofway/camara'
import { addressPairs, type Flow } from '../../domain/flow.js'
import type { Alarm, Clock } from '../../ports/clock.js'
import {
  type Answer,
  type DeviceReservation,
  type Held,
  type Network,
  type NetworkCapabilities,
  type NetworkEvent,
  NetworkUnreachable,
  type Reservation,
} from '../../ports/network.js'
import { Trouble, type TroubleLog } from '../../ports/trouble.js'
import type { Database } from '../sqlite/driver.js'
import { GroupCommit } from '../sqlite/group-commit.js'
import { openStateFile } from '../sqlite/state-file.js'
import { type Behaviour, behaviourOf, type TestDevices } from './behaviour.js'

export interface SimulatorOptions {
  readonly id: NetworkId
  /** Path of its file; `:memory:` keeps nothing after the process. */
  readonly file: string
  readonly clock: Clock
  /** Bits per second that can be guaranteed to all flows together. */
  readonly capacity: Capacity
  /** Default: 64. */
  readonly maxFlowRules?: number
  /** Default: none. */
  readonly testDevices?: TestDevices
  /** Default: retries are not logged. */
  readonly log?: TroubleLog
}

export interface Capacity {
  readonly downlinkBps: number
  readonly uplinkBps: number
}

export interface SimulatorStatus {
  readonly capacity: Capacity
  readonly guaranteed: Capacity
  readonly held: number
  readonly pending: number
  /** Calls since it was opened. */
  readonly calls: { readonly reserve: number; readonly release: number }
}

/**
 * doomed: pending, and to be refused. released: on request. refused: never held. expired: its end came. lost: ended
 * early. The last four hold nothing, and only keep the version.
 */
type State = 'pending' | 'doomed' | 'held' | 'released' | 'refused' | 'expired' | 'lost'

interface Row {
  id: ReservationId
  version: number
  state: State
  granted_at: Instant | null
  /** Of a pending one: the requested duration; {@link ENDLESS} of an assignment. */
  duration_s: number
  downlink_bps: number
  uplink_bps: number
  lose_after_ms: number | null
  /** When its next own action is due: grant, lose or expire. */
  act_at: Instant | null
  until: Instant | null
}

/** The request: for a session, or without an end for an assignment. */
interface Wish extends DeviceReservation {
  readonly end?: { readonly duration: Seconds; readonly until?: Instant | undefined }
  /** Whether its flow can contain no packet. */
  readonly isEmpty?: boolean
}

/** A duration that no session has. */
const ENDLESS = 0

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS reservations (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    granted_at INTEGER,
    duration_s INTEGER NOT NULL,
    downlink_bps INTEGER NOT NULL,
    uplink_bps INTEGER NOT NULL,
    lose_after_ms INTEGER,
    act_at INTEGER,
    until INTEGER
  );
  CREATE INDEX IF NOT EXISTS reservations_act ON reservations (act_at) WHERE act_at IS NOT NULL;
`

/** Reservations with due actions in one transaction. */
const ACT_BATCH = 500

/** Retry delay after a failure of its file; by the clock. */
const RETRY_MS = 1_000

/** Ended reservations are kept for that long: no message is older. */
const REMEMBERED_MS = 3_600_000

/** The name of a network's file in messages. */
export const nameOfStateFile = (network: string): string => `the file of the network ${network}`

export class Simulator implements Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities
  readonly #db: Database
  readonly #commits: GroupCommit
  readonly #clock: Clock
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  readonly #script: Behaviour[] = []
  readonly #testDevices: TestDevices
  readonly #trouble: Trouble | undefined
  readonly #sql
  readonly #calls = { reserve: 0, release: 0 }
  #capacity: Capacity
  #guaranteed: Capacity
  #releaseDelayMs = 0
  #reachable = true
  #alarm: { at: Instant; alarm: Alarm } | undefined
  #closed = false

  constructor({ id, file, clock, capacity, maxFlowRules = 64, testDevices = new Map(), log }: SimulatorOptions) {
    this.id = id
    this.#trouble =
      log &&
      new Trouble(log, {
        broken: 'the simulated network could not act: trying again',
        mended: 'the simulated network acts again',
        fields: { network: id },
      })
    this.capabilities = { maxFlowRules, assignments: true }
    this.#clock = clock
    this.#capacity = capacity
    this.#testDevices = testDevices
    // It simulates a machine that does not lose power together with ours.
    const db = openStateFile({ file, what: nameOfStateFile(id), synchronous: 'OFF', schema: SCHEMA })
    this.#db = db
    this.#commits = new GroupCommit(db, () => this.#sumUp())
    const columns = 'id, version, state, granted_at, duration_s, downlink_bps, uplink_bps, lose_after_ms, act_at, until'
    this.#sql = {
      find: db.prepare<[string], Row>('SELECT * FROM reservations WHERE id = ?'),
      put: db.prepare<Row>(
        `INSERT OR REPLACE INTO reservations (${columns}) VALUES (@id, @version, @state, @granted_at, @duration_s,
           @downlink_bps, @uplink_bps, @lose_after_ms, @act_at, @until)`,
      ),
      due: db.prepare<[number, number], Row>('SELECT * FROM reservations WHERE act_at <= ? ORDER BY act_at LIMIT ?'),
      nextAct: db
        .prepare<[], Instant>('SELECT act_at FROM reservations WHERE act_at IS NOT NULL ORDER BY act_at LIMIT 1')
        .pluck(),
      list: db.prepare<[string, number], Held>(
        "SELECT id, version FROM reservations WHERE id > ? AND state IN ('pending', 'doomed', 'held') ORDER BY id LIMIT ?",
      ),
      count: db.prepare<[State], number>('SELECT count(*) FROM reservations WHERE state = ?').pluck(),
      sum: db.prepare<[], { downlinkBps: number; uplinkBps: number }>(
        `SELECT coalesce(sum(downlink_bps), 0) AS downlinkBps, coalesce(sum(uplink_bps), 0) AS uplinkBps
         FROM reservations WHERE state = 'held'`,
      ),
      forget: db.prepare('DELETE FROM reservations WHERE until <= ? AND act_at IS NULL'),
    }
    this.#guaranteed = NO_RATES
    this.#sumUp()
    this.#sql.forget.run(clock.now() - REMEMBERED_MS)
    // A network continues while no gateway drives it.
    db.transaction(() => {
      while (this.#actOnce());
    })()
    this.#rearm(this.#sql.nextAct.get())
  }

  reserve(reservation: Reservation): Promise<Answer> {
    const { flow, duration, until } = reservation
    return this.#hold({ ...reservation, device: flow.device, end: { duration, until }, isEmpty: isEmpty(flow) })
  }

  assign(reservation: DeviceReservation): Promise<Answer> {
    return this.#hold(reservation)
  }

  async #hold(wish: Wish): Promise<Answer> {
    this.#calls.reserve++
    this.#checkReachable()
    const scripted = this.#script.shift()
    if (scripted?.kind === 'unreachable') throw new NetworkUnreachable('scripted')
    return this.#commits.write(() => this.#reserve(wish, scripted))
  }

  async release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    this.#calls.release++
    this.#checkReachable()
    if (this.#releaseDelayMs > 0) await this.#clock.sleep(this.#releaseDelayMs)
    return this.#commits.write(() => {
      const row = this.#sql.find.get(id)
      if (row !== undefined && row.version > version) return 'stale'
      const known = row ?? { ...NOTHING, id, until: instant(this.#clock.now() + REMEMBERED_MS) }
      this.#set({ ...known, version, state: 'released', act_at: null }, known)
      return 'released'
    })
  }

  async list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]> {
    this.#checkReachable()
    return this.#sql.list.all(after ?? '', limit)
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#alarm?.alarm.cancel()
    this.#trouble?.close()
    this.#commits.flush()
    this.#db.close()
  }

  // --- controls of operators ---

  /** Sets the behaviour of the next `times` calls of `reserve`, for all devices. */
  script(behaviour: Behaviour, times = 1): void {
    for (let i = 0; i < times; i++) this.#script.push(behaviour)
  }

  get capacity(): Capacity {
    return this.#capacity
  }

  setCapacity(capacity: Capacity): void {
    this.#capacity = capacity
  }

  /** Disconnects it, or reconnects it: until then every call fails, while reservations continue. */
  setReachable(reachable: boolean): void {
    this.#reachable = reachable
  }

  /** Delays every release from now on. */
  delayReleases(ms: number): void {
    this.#releaseDelayMs = ms
  }

  /** Ends a reservation early. Returns false if it is not held. */
  lose(id: ReservationId): Promise<boolean> {
    return this.#commits.write(() => {
      const row = this.#sql.find.get(id)
      if (row?.state !== 'held') return false
      this.#lose(row)
      return true
    })
  }

  /** Forgets everything without an event, like a network that was reset. */
  reset(): Promise<void> {
    return this.#commits.write(() => {
      this.#db.exec('DELETE FROM reservations')
      this.#sumUp()
    })
  }

  status(): SimulatorStatus {
    return {
      capacity: this.#capacity,
      guaranteed: this.#guaranteed,
      held: this.#sql.count.get('held') as number,
      pending: (this.#sql.count.get('pending') as number) + (this.#sql.count.get('doomed') as number),
      calls: { ...this.#calls },
    }
  }

  #checkReachable(): void {
    if (!this.#reachable) throw new NetworkUnreachable('the line is cut')
  }

  /** Reads the state in memory again from the file. */
  #sumUp(): void {
    this.#guaranteed = this.#sql.sum.get() ?? NO_RATES
  }

  // --- inside a write ---

  #reserve({ id, version, device, qos, end, isEmpty = false }: Wish, scripted: Behaviour | undefined): Answer {
    const row = this.#sql.find.get(id)
    if (row !== undefined && (row.version > version || (row.state === 'released' && row.version === version))) {
      return { result: 'stale' }
    }
    if (row?.state === 'held') {
      if (scripted?.kind === 'refuse') {
        this.#set({ ...row, version }, row)
        return { result: 'refused', reason: 'as scripted' }
      }
      const grantedAt = row.granted_at as Instant
      const until = end && (end.until ?? after(grantedAt, end.duration))
      this.#set({ ...row, version, until: until ?? null, act_at: this.#nextAct(row, until) }, row)
      return { result: 'granted', at: grantedAt }
    }
    if (row?.state === 'pending' || row?.state === 'doomed') {
      this.#set({ ...row, version, duration_s: end?.duration ?? ENDLESS }, row)
      return { result: 'pending' }
    }
    const behaviour = scripted ?? behaviourOf(device, this.#testDevices)
    const now = this.#clock.now()
    const wanted: Row = {
      ...NOTHING,
      id,
      version,
      state: 'pending',
      duration_s: end?.duration ?? ENDLESS,
      downlink_bps: qos.downlink.guaranteed,
      uplink_bps: qos.uplink.guaranteed,
      until: instant(now + REMEMBERED_MS),
      lose_after_ms: behaviour.kind === 'lose' ? behaviour.afterMs : null,
    }
    const refuse = (reason: string, state: State = 'refused'): Answer => {
      this.#set({ ...wanted, state }, row)
      return { result: 'refused', reason }
    }
    if (row?.state === 'lost') return refuse('it was ended by the network', 'lost')
    if (isEmpty) return refuse('device and server have no address family in common')
    switch (behaviour.kind) {
      case 'refuse':
        return refuse('as scripted')
      case 'refuse-late':
        this.#set({ ...wanted, state: 'doomed', act_at: instant(now + behaviour.afterMs) }, row)
        return { result: 'pending' }
      case 'late':
        this.#set({ ...wanted, act_at: instant(now + behaviour.afterMs) }, row)
        return { result: 'pending' }
      case 'never':
        this.#set(wanted, row)
        return { result: 'pending' }
      default:
        if (!this.#hasRoom(wanted)) return refuse('its capacity is used up')
        return { result: 'granted', at: this.#grant(wanted, grantedBefore(row) ?? now, end?.until) }
    }
  }

  #grant(wanted: Row, grantedAt: Instant, until?: Instant): Instant {
    const ownEnd = wanted.duration_s === ENDLESS ? undefined : instant(grantedAt + wanted.duration_s * 1000)
    const end = until ?? ownEnd
    const held: Row = { ...wanted, state: 'held', granted_at: grantedAt, until: end ?? null }
    this.#set({ ...held, act_at: this.#nextAct(held, end) }, undefined)
    return grantedAt
  }

  #lose(row: Row): void {
    this.#set({ ...row, state: 'lost', act_at: null }, row)
    this.#tell({ type: 'lost', id: row.id, reason: 'ended by the network' })
  }

  #nextAct({ granted_at, lose_after_ms }: Row, end: Instant | undefined): Instant | null {
    if (lose_after_ms === null) return end ?? null
    return instant(Math.min(end ?? Number.POSITIVE_INFINITY, (granted_at as Instant) + lose_after_ms))
  }

  #hasRoom({ downlink_bps, uplink_bps }: Row): boolean {
    return (
      this.#guaranteed.downlinkBps + downlink_bps <= this.#capacity.downlinkBps &&
      this.#guaranteed.uplinkBps + uplink_bps <= this.#capacity.uplinkBps
    )
  }

  /** Writes a row whose previous state was `before`, and updates the state in memory. */
  #set(row: Row, before: Row | undefined): void {
    this.#sql.put.run(row)
    if (before?.state === 'held') this.#account(before, -1)
    if (row.state === 'held') this.#account(row, 1)
    if (row.act_at !== null) this.#rearm(row.act_at)
  }

  #account({ downlink_bps, uplink_bps }: Row, sign: 1 | -1): void {
    const { downlinkBps, uplinkBps } = this.#guaranteed
    this.#guaranteed = {
      downlinkBps: downlinkBps + sign * downlink_bps,
      uplinkBps: uplinkBps + sign * uplink_bps,
    }
  }

  #tell(event: NetworkEvent): void {
    this.#commits.afterCommit(() => {
      for (const listener of this.#listeners) listener(event)
    })
  }

  // --- actions of its own ---

  #rearm(at: Instant | undefined): void {
    if (at === undefined || this.#closed || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.alarm.cancel()
    const alarm = this.#clock.alarm(at, () => {
      this.#alarm = undefined
      this.#clock.track(this.#act()).catch((error: unknown) => {
        this.#trouble?.failed(error)
        this.#rearm(instant(this.#clock.now() + RETRY_MS))
      })
    })
    this.#alarm = { at, alarm }
  }

  async #act(): Promise<void> {
    if (this.#closed) return
    await this.#commits.write(() => this.#actOnce())
    this.#trouble?.over()
    if (!this.#closed) this.#rearm(this.#sql.nextAct.get())
  }

  /** Carries out due actions, or some of them. Returns whether there were any. */
  #actOnce(): boolean {
    const now = this.#clock.now()
    const due = this.#sql.due.all(now, ACT_BATCH)
    for (const row of due) this.#actOn(row, now)
    return due.length > 0
  }

  #actOn(row: Row, now: Instant): void {
    const refuse = (reason: string) => {
      this.#set({ ...row, state: 'refused', act_at: null }, row)
      this.#tell({ type: 'refused', id: row.id, reason })
    }
    if (row.state === 'doomed') refuse('as scripted')
    else if (row.state === 'pending') {
      if (this.#hasRoom(row)) this.#tell({ type: 'granted', id: row.id, at: this.#grant(row, row.act_at ?? now) })
      else refuse('its capacity is used up')
    } else if (row.until !== null && row.until <= now) {
      this.#set({ ...row, state: 'expired', act_at: null }, row)
    } else {
      this.#lose(row)
    }
  }
}

/** If its end came while an extension was on its way, the first grant still counts. */
const grantedBefore = (row: Row | undefined): Instant | null | undefined =>
  row?.state === 'expired' ? row.granted_at : undefined

const isEmpty = (flow: Flow): boolean => addressPairs(flow).length === 0

const NO_RATES: Capacity = { downlinkBps: 0, uplinkBps: 0 }

const NOTHING: Omit<Row, 'id'> = {
  version: 0,
  state: 'released',
  granted_at: null,
  duration_s: 0,
  downlink_bps: 0,
  uplink_bps: 0,
  lose_after_ms: null,
  act_at: null,
  until: null,
}
