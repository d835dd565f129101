// The gateways that share the database: each one periodically renews its row, reads the others and the time, and
// competes for the networks that it can reach. One statement does all of it.

import type { NetworkId } from '@rightofway/camara'
import type { GatewayStore, GatewaysReport, LeaderLease } from '../../ports/store/gateways.js'
import type { Database } from './database.js'
import type { DatabaseTime } from './database-time.js'
import type { Link } from './link.js'
import { sql } from './sql.js'

/** Between two renewals of a gateway. */
const BEAT_MS = 400
/** A gateway without a renewal for this long is dead: its claims and networks are free. */
const ALIVE_MS = 1_400
/** A lease is this much shorter for us than for the others: clocks run at different speeds. */
const MARGIN_MS = 100
/** Rows of gateways and writers without a renewal for this long are removed. */
const FORGOTTEN_MS = 86_400_000

/** The writer that inherits the counts of removed writers. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

export interface GatewaysOptions {
  readonly database: Database
  /** Its id, for this run. */
  readonly self: string
  /** Its name for people. */
  readonly name: string
  readonly version: string
  readonly time: DatabaseTime
  readonly monotonicNow: () => number
  /** Called when gateways have come or gone. */
  readonly onChange: (others: number, someDied: boolean) => void
  readonly onFault: (error: unknown) => void
  /** Called after every answered renewal. */
  readonly onAnswer: () => void
}

interface BeatRow {
  now: number
  alive: string[]
  held: NetworkId[] | null
}

interface Candidate {
  readonly onChange: (drives: boolean) => void
  /** By the monotonic clock. */
  until: number
  told: boolean
}

const SQL = {
  alive: sql('gateways/alive'),
  leases: sql('gateways/leases'),
  leave: sql('gateways/leave'),
  beat: sql('gateways/beat'),
  takeOver: sql('gateways/take-over'),
  release: sql('gateways/release'),
}

export class Gateways implements GatewayStore {
  readonly #options: GatewaysOptions
  readonly #link: Link
  readonly #candidates = new Map<NetworkId, Candidate>()
  #alive: ReadonlySet<string>
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  #closed = false

  constructor(options: GatewaysOptions) {
    this.#options = options
    this.#alive = new Set([options.self])
    this.#link = options.database.link({ pipeline: false })
  }

  /** Registers this gateway. */
  async open(): Promise<void> {
    await this.#link.open()
    await this.#beat()
    this.#plan()
  }

  lead(network: NetworkId, onChange: (drives: boolean) => void): LeaderLease {
    const candidate: Candidate = { onChange, until: Number.NEGATIVE_INFINITY, told: false }
    this.#candidates.set(network, candidate)
    const { monotonicNow } = this.#options
    // Not at the next beat: the first gateway has nobody to wait for.
    this.#background(this.beat())
    return {
      get held() {
        return monotonicNow() < candidate.until
      },
      release: async () => {
        this.#candidates.delete(network)
        candidate.until = Number.NEGATIVE_INFINITY
        await this.#released([network])
      },
    }
  }

  get alive(): number {
    return this.#alive.size
  }

  async report(): Promise<GatewaysReport> {
    const { database, time } = this.#options
    const gateways = await database.read<{ id: string; name: string; version: string; reaches: NetworkId[] }>({
      name: 'gateways',
      text: SQL.alive,
    })
    const leases = await database.read<{ network: NetworkId; holder: string }>({
      name: 'leases',
      text: SQL.leases,
    })
    const names = new Map(gateways.map(({ id, name }) => [id, name]))
    return {
      gateways: gateways.map(({ name, version, reaches }) => ({ name, version, reaches })),
      leaders: new Map(leases.map(({ network, holder }) => [network, names.get(holder) ?? holder])),
      clockOffsetMs: time.machineOffsetMs,
    }
  }

  /** Renews now, ahead of time. */
  beat(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#beating ??= this.#beat()
      .catch((error: unknown) => this.#options.onFault(error))
      .finally(() => {
        this.#beating = undefined
      })
    return this.#beating
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#beating
    await this.#released([...this.#candidates.keys()])
    await this.#link
      .query({ text: SQL.leave, values: [this.#options.self] })
      // The database is away: the others will consider us dead in a moment anyway.
      .catch(() => undefined)
  }

  #plan(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.#background(this.beat().then(() => this.#plan()))
    }, BEAT_MS)
    this.#timer.unref()
  }

  async #beat(): Promise<void> {
    const { self, name, version, time, monotonicNow } = this.#options
    const networks = [...this.#candidates.keys()]
    const askedAt = monotonicNow()
    let row: BeatRow | undefined
    try {
      const rows = await this.#link.query<BeatRow>({
        name: 'beat',
        text: SQL.beat,
        values: [self, name, version, networks, ALIVE_MS],
        timeoutMs: ALIVE_MS,
      })
      row = rows[0]
    } finally {
      // If the database answers too late, or not at all: our leases expire by our own clock.
      if (row === undefined) this.#tellCandidates()
    }
    if (row === undefined) return
    time.measured(row.now, askedAt, monotonicNow())
    const held = (row.held ?? []).filter((network) => this.#candidates.has(network))
    const gained = held.filter((network) => this.#candidates.get(network)?.told === false)
    if (gained.length > 0) await this.#takeOver(gained)
    for (const network of held) {
      const candidate = this.#candidates.get(network)
      if (candidate !== undefined) candidate.until = askedAt + ALIVE_MS - MARGIN_MS
    }
    this.#tellCandidates()
    this.#learn(new Set(row.alive))
    this.#options.onAnswer()
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.onFault(error))
  }

  #tellCandidates(): void {
    for (const candidate of this.#candidates.values()) {
      const drives = this.#options.monotonicNow() < candidate.until
      if (drives === candidate.told) continue
      candidate.told = drives
      candidate.onChange(drives)
    }
  }

  #learn(alive: ReadonlySet<string>): void {
    const died = [...this.#alive].some((id) => !alive.has(id))
    const came = [...alive].some((id) => !this.#alive.has(id))
    this.#alive = alive
    if (died || came) this.#options.onChange(alive.size - 1, died)
  }

  /** The gateways with claimed tasks of these networks do not drive them now. */
  async #takeOver(networks: readonly NetworkId[]): Promise<void> {
    await this.#link.query({
      text: SQL.takeOver,
      values: [networks],
    })
  }

  async #released(networks: readonly NetworkId[]): Promise<void> {
    if (networks.length === 0) return
    await this.#link
      .query({
        text: SQL.release,
        values: [this.#options.self, networks],
      })
      // The lease runs out by itself.
      .catch(() => undefined)
  }

  /** Part of the tidying: removes rows of former gateways. */
  static readonly TIDY = [
    sql('gateways/tidy-gateways', { FORGOTTEN_MS }),
    sql('gateways/tidy-writers', { FORGOTTEN_MS }),
    // Their counts stay, in one row.
    sql('gateways/tidy-usage', { NOBODY }),
  ] as const
}
