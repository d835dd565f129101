// Notifications between gateways that there is work (NOTIFY). A hint may be lost with its connection, so no gateway
// relies on one; and it is sent after the commit, not in it, because commits that notify wait for one another in the
// database.

import type { NetworkId, ResourceId } from '@rightofway/camara'
import type pg from 'pg'
import type { Version } from '../../ports/store/sessions.js'
import type { Database } from './database.js'
import type { Link } from './link.js'
import { sql } from './sql.js'

const CHANNEL = 'rightofway'
/** The limit of PostgreSQL is 8000 bytes. */
const MAX_BYTES = 7_500
/** Ids that fit into the rest. */
const SESSIONS_PER_HINT = 150

/** The subjects of hints: most change seldom, and are cached. */
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
  /** The id of the sender. */
  readonly from: string
  /** Committed sessions, with their versions. */
  readonly sessions?: readonly Committed[]
  /** Networks with new tasks. */
  readonly networks?: readonly NetworkId[]
  /** Caches to be read again. */
  readonly changed?: readonly Kept[]
}

export interface HintsOptions {
  readonly database: Database
  /** The id of this gateway. */
  readonly self: string
  /** Called with hints of other gateways. */
  readonly onHint: (told: Told) => void
  /** Called when hints may have been missed. */
  readonly onGap: () => void
}

const SQL = {
  tell: sql('hints/tell'),
}

export class Hints {
  readonly #options: HintsOptions
  readonly #link: Link
  /** Whether another gateway would receive a hint. */
  #hasListeners = false
  #sessions = new Map<ResourceId, Version>()
  #networks = new Set<NetworkId>()
  #changed = new Set<Kept>()
  #telling: Promise<void> | undefined

  constructor(options: HintsOptions) {
    this.#options = options
    this.#link = options.database.link({
      // A hint writes nothing: there is no disk to wait for.
      greeting: ['SET synchronous_commit = off', `LISTEN ${CHANNEL}`],
      onUp: (client) => this.#listen(client),
    })
  }

  /** Listens from now on. */
  open(): Promise<void> {
    return this.#link.open()
  }

  /** Whether there are other gateways to notify. */
  set hasListeners(some: boolean) {
    this.#hasListeners = some
  }

  committed(session: ResourceId, version: Version, network: NetworkId | undefined): void {
    if (!this.#hasListeners) return
    this.#sessions.set(session, version)
    if (network !== undefined) this.#networks.add(network)
    this.#tell()
  }

  /** A hint is sent even if no others are known: one may just be starting. */
  changed(kept: Kept): void {
    this.#changed.add(kept)
    this.#tell()
  }

  /** Resolves when all hints have been sent. */
  async flush(): Promise<void> {
    while (this.#telling !== undefined) await this.#telling
  }

  #tell(): void {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined
      if (this.#sessions.size + this.#networks.size + this.#changed.size > 0) this.#tell()
    })
  }

  /** The hints of one turn of the event loop, or of the time that the previous one takes, are sent as one. */
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
    // Names of networks are chosen by people.
    const values = [
      CHANNEL,
      payload.length <= MAX_BYTES ? payload : JSON.stringify({ ...told, networks: [], sessions }),
    ]
    try {
      await this.#link.query({ name: 'tell', text: SQL.tell, values })
    } catch {
      // Receivers have lost the connection too, or find out at their next reading.
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
