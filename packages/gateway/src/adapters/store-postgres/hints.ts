// What gateways tell each other: that there is something to look at. A hint may be lost with the connection that it was
// to come by, so nobody relies on one; and it is told after the commit, not in it, because commits that notify wait for
// one another in the database.

import type { NetworkId, ResourceId } from '@rightofway/camara'
import type pg from 'pg'
import type { Version } from '../../ports/store/sessions.js'
import type { Database } from './database.js'
import type { Link } from './link.js'
import { sql } from './sql.js'

const CHANNEL = 'rightofway'
/** PostgreSQL takes up to 8000 bytes. */
const MAX_BYTES = 7_500
/** Ids that fit beside the rest. */
const SESSIONS_PER_HINT = 150

/** What gateways watch: most change seldom, and are kept in memory. */
export const KEPT = [
  'applications',
  'grants',
  'sinkCredentials',
  'devices',
  'profiles',
  'gateways',
  'remoteReservations',
] as const
export type Kept = (typeof KEPT)[number]

export type Committed = readonly [session: ResourceId, version: Version]

export interface Told {
  /** Of the gateway that says so. */
  readonly from: string
  /** These were committed, and in which version. */
  readonly sessions?: readonly Committed[]
  /** These have new tasks. */
  readonly networks?: readonly NetworkId[]
  /** Read these again. */
  readonly changed?: readonly Kept[]
}

export interface HintsOptions {
  readonly database: Database
  /** Of this gateway. */
  readonly self: string
  /** Told what other gateways say. */
  readonly onHint: (told: Told) => void
  /** Told that hints may have been missed. */
  readonly onGap: () => void
}

const SQL = {
  tell: sql('hints/tell'),
}

export class Hints {
  readonly #options: HintsOptions
  readonly #link: Link
  /** Whether anybody would hear. */
  #hasListeners = false
  #sessions = new Map<ResourceId, Version>()
  #networks = new Set<NetworkId>()
  #changed = new Set<Kept>()
  #telling: Promise<void> | undefined

  constructor(options: HintsOptions) {
    this.#options = options
    this.#link = options.database.link({
      // Nothing of what is told is kept: there is no disk to wait for.
      greeting: ['SET synchronous_commit = off', `LISTEN ${CHANNEL}`],
      onUp: (client) => this.#listen(client),
    })
  }

  /** Listens from now on. */
  open(): Promise<void> {
    return this.#link.open()
  }

  /** Whether other gateways are there to be told. */
  set hasListeners(some: boolean) {
    this.#hasListeners = some
  }

  committed(session: ResourceId, version: Version, network: NetworkId | undefined): void {
    if (!this.#hasListeners) return
    this.#sessions.set(session, version)
    if (network !== undefined) this.#networks.add(network)
    this.#tell()
  }

  /** Others are told even if none is known to be there: one may just be starting. */
  changed(kept: Kept): void {
    this.#changed.add(kept)
    this.#tell()
  }

  /** Resolves when what was to be told has been. */
  async flush(): Promise<void> {
    while (this.#telling !== undefined) await this.#telling
  }

  #tell(): void {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined
      if (this.#sessions.size + this.#networks.size + this.#changed.size > 0) this.#tell()
    })
  }

  /** What is said in one turn of the event loop, or while the hint before is on its way, goes into one. */
  async #tellAll(): Promise<void> {
    await new Promise(setImmediate)
    const told = {
      from: this.#options.self,
      networks: [...this.#networks],
      changed: [...this.#changed],
    }
    const sessions = [...this.#sessions].slice(0, SESSIONS_PER_HINT)
    this.#networks.clear()
    this.#changed.clear()
    for (const [session] of sessions) this.#sessions.delete(session)
    const payload = JSON.stringify({ ...told, sessions })
    // Networks have names that people chose.
    const values = [
      CHANNEL,
      payload.length <= MAX_BYTES ? payload : JSON.stringify({ ...told, networks: [], sessions }),
    ]
    try {
      await this.#link.query({ name: 'tell', text: SQL.tell, values })
    } catch {
      // Whoever was to hear it has lost the connection too, or finds out when it looks by itself.
    }
  }

  #listen(client: pg.Client): void {
    client.on('notification', ({ payload }) => {
      const told = JSON.parse(payload ?? '{}') as Told
      if (told.from !== this.#options.self) this.#options.onHint(told)
    })
    this.#options.onGap()
  }
}
