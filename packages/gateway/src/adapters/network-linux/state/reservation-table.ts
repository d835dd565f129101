// What the kernel cannot store: the reservation of an element, its start, and the highest version of every reservation,
// those that have ended included. It is in a file of the adapter's own, because it belongs to the kernel's state and
// not to the gateway's. The table is written before the kernel is told: the kernel is repaired to match it.

import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Instant, ReservationId } from '@rightofway/camara'
import type { Flow } from '../../../domain/flow.js'
import type { Qos } from '../../../domain/profile.js'
import type { Held } from '../../../ports/network.js'
import { Database } from '../../sqlite/driver.js'
import { openStateFile } from '../../sqlite/state-file.js'
import type { Listing } from '../kernel/listing.js'
import type { Counters } from '../kernel/read-link.js'
import { type Owner, ownerOf } from '../plan/owner.js'

/** Counters of a reservation's two classes. */
export interface CountersPair {
  readonly downlink: Counters
  readonly uplink: Counters
}

/** A held reservation. */
export interface HeldEntry {
  readonly id: ReservationId
  readonly version: number
  readonly flow: Flow
  readonly qos: Qos
  readonly grantedAt: Instant
  readonly endsAt: Instant
  readonly minor: number
  /** The counters of its classes before it got them. */
  readonly base: CountersPair
}

/** released: on request. expired: its end came. lost: ended early. refused: never held. */
export type OverState = 'released' | 'expired' | 'lost' | 'refused'

/** An ended reservation: only its version counts, and the start of an expired one. */
export interface OverEntry {
  readonly id: ReservationId
  readonly version: number
  readonly state: OverState
  readonly grantedAt?: Instant
  /** When it ended. */
  readonly endsAt: Instant
  /** Its total traffic, if that was read. */
  readonly carried?: CountersPair
}

/** A root qdisc that ours replaced, in tc's words. */
export interface ReplacedQdisc {
  readonly interface: string
  /** As `tc qdisc add dev ... root` takes it. */
  readonly qdisc: string
}

interface Row {
  id: ReservationId
  version: number
  state: 'held' | OverState
  granted_at: Instant | null
  ends_at: Instant
  minor: number | null
  /** JSON: of a held one, flow, qos and base; of an ended one, its traffic. */
  detail: string | null
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS reservations (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    granted_at INTEGER,
    ends_at INTEGER NOT NULL,
    minor INTEGER,
    detail TEXT
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS replaced_qdiscs (interface TEXT PRIMARY KEY, qdisc TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS listing (one INTEGER PRIMARY KEY CHECK (one = 1), listing TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS reservations_held ON reservations (ends_at) WHERE state = 'held';
  CREATE INDEX IF NOT EXISTS reservations_over ON reservations (ends_at) WHERE state <> 'held';
`

/** Ended reservations are kept for that long: no message is older. */
const REMEMBERED_MS = 3_600_000

/** The path of a network's table. */
export const reservationFile = (dataDir: string, network: string): string => join(dataDir, `linux-${network}.db`)

/** The tables of all present and past networks. */
export const reservationFiles = (dataDir: string): string[] =>
  existsSync(dataDir)
    ? readdirSync(dataDir)
        .filter((name) => /^linux-.*\.db$/.test(name))
        .map((name) => join(dataDir, name))
    : []

/** The owner of the table in a file, which is only read. A missing file has none. */
export function ownerIn(file: string): Owner {
  const nobody = ownerOf(randomUUID(), resolve(file))
  if (!existsSync(file)) return nobody
  const db = new Database(file, { readonly: true })
  try {
    const hasOwner = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'owner'").get()
    const id = hasOwner && db.prepare<[], string>('SELECT id FROM owner').pluck().get()
    return id === undefined ? nobody : ownerOf(id as string, resolve(file))
  } finally {
    db.close()
  }
}

export class ReservationTable {
  /** The owner of this table, in the kernel's form. */
  readonly owner: Owner
  readonly #db: Database
  #listing: Listing | null | undefined
  readonly #sql

  /** @param file its path; `:memory:` keeps nothing after the process */
  constructor(file: string) {
    // A machine that loses power loses its kernel's state as well: the file only has to stay consistent.
    const db = openStateFile({ file, what: 'the table of the Linux network', synchronous: 'NORMAL', schema: SCHEMA })
    this.#db = db
    db.prepare('INSERT OR IGNORE INTO owner (one, id) VALUES (1, ?)').run(randomUUID())
    const id = db.prepare<[], string>('SELECT id FROM owner').pluck().get() as string
    this.owner = ownerOf(id, resolve(file))
    this.#sql = {
      find: db.prepare<[string], Row>('SELECT * FROM reservations WHERE id = ?'),
      held: db.prepare<[], Row>("SELECT * FROM reservations WHERE state = 'held'"),
      due: db.prepare<[number, number], Row>(
        "SELECT * FROM reservations WHERE state = 'held' AND ends_at <= ? ORDER BY ends_at LIMIT ?",
      ),
      nextEnd: db
        .prepare<[], Instant>("SELECT ends_at FROM reservations WHERE state = 'held' ORDER BY ends_at LIMIT 1")
        .pluck(),
      list: db.prepare<[string, number], Held>(
        "SELECT id, version FROM reservations WHERE id > ? AND state = 'held' ORDER BY id LIMIT ?",
      ),
      put: db.prepare<Row>(
        `INSERT OR REPLACE INTO reservations (id, version, state, granted_at, ends_at, minor, detail)
         VALUES (@id, @version, @state, @granted_at, @ends_at, @minor, @detail)`,
      ),
      replaced: db.prepare<[], ReplacedQdisc>('SELECT * FROM replaced_qdiscs'),
      putReplaced: db.prepare('INSERT OR IGNORE INTO replaced_qdiscs (interface, qdisc) VALUES (?, ?)'),
      forgetReplaced: db.prepare('DELETE FROM replaced_qdiscs WHERE interface = ?'),
      listing: db.prepare<[], string>('SELECT listing FROM listing').pluck(),
      putListing: db.prepare('INSERT OR REPLACE INTO listing (one, listing) VALUES (1, ?)'),
      forget: db.prepare<[number]>("DELETE FROM reservations WHERE state <> 'held' AND ends_at <= ?"),
    }
  }

  /** The last entry of a reservation; undefined if there is none, or it was deleted. */
  find(id: ReservationId): HeldEntry | OverEntry | undefined {
    const row = this.#sql.find.get(id)
    return row && entryOf(row)
  }

  held(): HeldEntry[] {
    return this.#sql.held.all().map((row) => entryOf(row) as HeldEntry)
  }

  /** Ids of held reservations whose end has come, earliest first. */
  due(now: Instant, limit: number): ReservationId[] {
    return this.#sql.due.all(now, limit).map(({ id }) => id)
  }

  /** The next end of a held reservation. */
  nextEnd(): Instant | undefined {
    return this.#sql.nextEnd.get()
  }

  list(after: ReservationId | undefined, limit: number): Held[] {
    return this.#sql.list.all(after ?? '', limit)
  }

  /** Atomic. Also deletes reservations that ended an hour ago. */
  write(entries: Iterable<HeldEntry | OverEntry>, now: Instant): void {
    this.#db.transaction(() => {
      this.#sql.forget.run(now - REMEMBERED_MS)
      for (const entry of entries) this.#sql.put.run(rowOf(entry))
    })()
  }

  /** An administrator's root qdiscs that ours have replaced. */
  replaced(): ReplacedQdisc[] {
    return this.#sql.replaced.all()
  }

  /** To be called before the replacement. The first one is kept. */
  noteReplaced({ interface: name, qdisc }: ReplacedQdisc): void {
    this.#sql.putReplaced.run(name, qdisc)
  }

  /** To be called when it has been put back. */
  forgetReplaced(name: string): void {
    this.#sql.forgetReplaced.run(name)
  }

  /** The table of nftables when it was last created; undefined if it never was. */
  listing(): Listing | undefined {
    this.#listing ??= JSON.parse(this.#sql.listing.get() ?? 'null') as Listing | null
    return this.#listing ?? undefined
  }

  noteListing(listing: Listing): void {
    this.#listing = listing
    this.#sql.putListing.run(JSON.stringify(listing))
  }

  close(): void {
    this.#db.close()
  }
}

export const isHeld = (entry: HeldEntry | OverEntry | undefined): entry is HeldEntry =>
  entry !== undefined && !('state' in entry)

function rowOf(entry: HeldEntry | OverEntry): Row {
  const { id, version, endsAt } = entry
  if (isHeld(entry)) {
    const { flow, qos, base, grantedAt, minor } = entry
    const detail = JSON.stringify({ flow, qos, base })
    return { id, version, state: 'held', granted_at: grantedAt, ends_at: endsAt, minor, detail }
  }
  const { state, grantedAt = null, carried } = entry
  const detail = carried === undefined ? null : JSON.stringify({ carried })
  return { id, version, state, granted_at: grantedAt, ends_at: endsAt, minor: null, detail }
}

function entryOf({ id, version, state, granted_at, ends_at, minor, detail }: Row): HeldEntry | OverEntry {
  const more = (detail === null ? {} : JSON.parse(detail)) as Pick<HeldEntry, 'flow' | 'qos' | 'base'> &
    Pick<OverEntry, 'carried'>
  if (state === 'held') {
    return { id, version, ...more, grantedAt: granted_at as Instant, endsAt: ends_at, minor: minor as number }
  }
  return { id, version, state, endsAt: ends_at, ...(granted_at !== null && { grantedAt: granted_at }), ...more }
}
