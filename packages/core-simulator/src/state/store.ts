// The state of the core, in SQLite: it survives the process, even a crash.

import { openStateFile } from '@rightofway/gateway/state-file'
import { DEFAULT_SETTINGS, type Settings, type SettingsPatch } from './settings.js'

/** A resource of an application function. */
export interface Held {
  readonly door: 'pcf' | 'nef'
  readonly id: string
  /** Address of the device. */
  readonly ue: string
  /** The requester: scsAsId at the NEF; empty at the PCF. */
  readonly owner: string
  /** The resource as it is returned. */
  readonly document: Readonly<Record<string, unknown>>
  readonly createdAtMs: number
  /** When it expires, if it does. */
  readonly expiresAtMs: number | undefined
}

/** A PDU session that an operator has listed. */
export interface PduSession {
  readonly supi: string
  readonly gpsi?: string
  readonly dnn: string
  readonly snssai: { readonly sst: number; readonly sd?: string }
  readonly ipv4?: string
  /** As the SMF registered it. */
  readonly ipv6Prefix?: string
  readonly ipDomain?: string
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS held (
  door TEXT NOT NULL,
  id TEXT NOT NULL,
  ue TEXT NOT NULL,
  owner TEXT NOT NULL,
  document TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  PRIMARY KEY (door, id)
) STRICT;
CREATE TABLE IF NOT EXISTS pdu_sessions (supi TEXT PRIMARY KEY, session TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ended_addresses (address TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS settings (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), settings TEXT NOT NULL) STRICT;
`

interface Row {
  readonly door: Held['door']
  readonly id: string
  readonly ue: string
  readonly owner: string
  readonly document: string
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
}

const toHeld = (row: Row): Held => ({
  door: row.door,
  id: row.id,
  ue: row.ue,
  owner: row.owner,
  document: JSON.parse(row.document) as Held['document'],
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms ?? undefined,
})

const addressesOf = ({ ipv4, ipv6Prefix }: PduSession): string[] =>
  [ipv4, ipv6Prefix].filter((address) => address !== undefined)

export class Store {
  readonly #db: ReturnType<typeof openStateFile>
  #settings: Settings

  /** @throws {Error} naming the file: it cannot be written, is damaged, or is no database */
  constructor(file: string) {
    // A power failure may lose the last commits; a killed process loses none.
    this.#db = openStateFile({ file, what: 'the file of the core', synchronous: 'NORMAL', schema: SCHEMA })
    const row = this.#db.prepare<[], { settings: string }>('SELECT settings FROM settings').get()
    this.#settings = { ...DEFAULT_SETTINGS, ...(row && (JSON.parse(row.settings) as Partial<Settings>)) }
  }

  get settings(): Settings {
    return this.#settings
  }

  changeSettings(patch: SettingsPatch): Settings {
    this.#settings = { ...this.#settings, ...patch }
    this.#db
      .prepare('INSERT INTO settings VALUES (1, ?) ON CONFLICT DO UPDATE SET settings = excluded.settings')
      .run(JSON.stringify(this.#settings))
    return this.#settings
  }

  /** Replaces the resource with its id. */
  hold(held: Held): void {
    this.#db
      .prepare(
        `INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ue = excluded.ue, owner = excluded.owner,
           document = excluded.document, expires_at_ms = excluded.expires_at_ms`,
      )
      .run(
        held.door,
        held.id,
        held.ue,
        held.owner,
        JSON.stringify(held.document),
        held.createdAtMs,
        held.expiresAtMs ?? null,
      )
  }

  get(door: Held['door'], id: string): Held | undefined {
    const row = this.#db.prepare<[string, string], Row>('SELECT * FROM held WHERE door = ? AND id = ?').get(door, id)
    return row && toHeld(row)
  }

  /** In the order of their creation. */
  list(door: Held['door']): Held[] {
    return this.#db.prepare<[string], Row>('SELECT * FROM held WHERE door = ? ORDER BY rowid').all(door).map(toHeld)
  }

  /** @returns whether it existed */
  drop(door: Held['door'], id: string): boolean {
    return this.#db.prepare('DELETE FROM held WHERE door = ? AND id = ?').run(door, id).changes > 0
  }

  /** Deletes all resources of an API, without notifications. */
  forget(door: Held['door']): void {
    this.#db.prepare('DELETE FROM held WHERE door = ?').run(door)
  }

  /** The next number of a counter, from 1. */
  next(counter: string): number {
    const sql =
      'INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET value = counters.value + 1 RETURNING value'
    return (this.#db.prepare<[string], { value: number }>(sql).get(counter) as { value: number }).value
  }

  /** Restarts the counters of an API. */
  countFromOne(door: Held['door']): void {
    this.#db.prepare("DELETE FROM counters WHERE name = ? OR name LIKE ? || ':%'").run(door, door)
  }

  get pduSessions(): readonly PduSession[] {
    const rows = this.#db.prepare<[], { session: string }>('SELECT session FROM pdu_sessions ORDER BY rowid').all()
    return rows.map(({ session }) => JSON.parse(session) as PduSession)
  }

  /** Replaces the one of its SUPI; its addresses are in use again. */
  putPduSession(session: PduSession): void {
    this.#db.transaction(() => {
      const sql = 'INSERT INTO pdu_sessions VALUES (?, ?) ON CONFLICT DO UPDATE SET session = excluded.session'
      this.#db.prepare(sql).run(session.supi, JSON.stringify(session))
      for (const address of addressesOf(session)) {
        this.#db.prepare('DELETE FROM ended_addresses WHERE address = ?').run(address)
      }
    })()
  }

  dropPduSession(supi: string): void {
    this.#db.prepare('DELETE FROM pdu_sessions WHERE supi = ?').run(supi)
  }

  /** Addresses without a PDU session, even if they are in a pool. */
  endAddresses(session: PduSession): void {
    for (const address of addressesOf(session)) {
      this.#db.prepare('INSERT OR IGNORE INTO ended_addresses VALUES (?)').run(address)
    }
  }

  /** Whether these addresses, of a pool, have lost their PDU session. */
  isEnded(session: PduSession): boolean {
    const isEnded = this.#db.prepare<[string], 1>('SELECT 1 FROM ended_addresses WHERE address = ?')
    return addressesOf(session).some((address) => isEnded.get(address) !== undefined)
  }

  /** Runs `work` in a transaction. */
  atOnce<T>(work: () => T): T {
    return this.#db.transaction(work)()
  }

  close(): void {
    this.#db.close()
  }
}
