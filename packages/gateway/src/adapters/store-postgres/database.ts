// The connections of one gateway, each kind for one purpose, so that none waits for another's work.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { type DatabaseHost, databaseHosts } from './connection-string.js'
import { connectionTrouble, POOLED } from './connection-trouble.js'
import { Link, type LinkOptions, type Statement } from './link.js'

/** Asks one connection. */
export type Query = <R extends object>(text: string, values?: readonly unknown[]) => Promise<R[]>

/** Connections that reads and small writes share; each carries many at a time. */
const SHARED = 4
/** A step of a transaction: those that run in the background may take their time. */
const BACKGROUND_TIMEOUT_MS = 60_000

/** Without these a plan made while a table was empty would read all of it when it is large. */
export const BY_INDEX = ['SET enable_seqscan = off', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off'] as const

export interface DatabaseOptions {
  readonly url: string
  /** How the gateway's connections are called in `pg_stat_activity`. */
  readonly name: string
}

export class Database {
  readonly #options: DatabaseOptions
  readonly #hosts: readonly [DatabaseHost, ...DatabaseHost[]]
  readonly #links: Link[] = []
  readonly #shared: readonly Link[]
  readonly #background: Link
  #next = 0
  #transaction: Promise<unknown> = Promise.resolve()

  private constructor(options: DatabaseOptions) {
    this.#options = options
    this.#hosts = databaseHosts(options.url)
    this.#shared = Array.from({ length: SHARED }, () => this.link({ greeting: BY_INDEX }))
    this.#background = this.link({ pipeline: false })
  }

  /** @throws {Error} none of its hosts can be reached, or lets us in */
  static async open(options: DatabaseOptions): Promise<Database> {
    const database = new Database(options)
    try {
      await Promise.all(database.#links.map((link) => link.open()))
      await database.#refusePooler()
    } catch (error) {
      await database.close()
      throw database.trouble(error)
    }
    return database
  }

  /** What went wrong while the database was opened or brought up to date, for a person. */
  trouble(error: unknown): Error {
    return connectionTrouble(this.#hosts, error)
  }

  /** Hosts on other machines that it talks to without TLS. */
  get plainTextHosts(): string[] {
    return [...new Set(this.#links.map((link) => link.plainTextHost).filter((name) => name !== undefined))]
  }

  /** Behind a pooler of transactions connections share what runs them: each has a process of its own otherwise. */
  async #refusePooler(): Promise<void> {
    const processes = new Set<number>()
    for (const link of this.#links) {
      const [row] = await link.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })
      if (row !== undefined) processes.add(row.pid)
    }
    if (processes.size < this.#links.length) throw new Error(POOLED)
  }

  /** Whether nothing that is asked has to wait for a connection. */
  get isUp(): boolean {
    return this.#links.every((link) => link.isUp)
  }

  /** One more connection, closed with the others. */
  link(options: Omit<LinkOptions, 'hosts' | 'name'> = {}): Link {
    const link: Link = new Link({
      hosts: this.#hosts,
      name: this.#options.name,
      ...options,
      onUp: (client) => {
        options.onUp?.(client)
        for (const other of this.#links) if (other !== link) other.hurry()
      },
    })
    this.#links.push(link)
    return link
  }

  /**
   * One statement, on any connection.
   * @throws {StoreUnavailable} a write may have happened all the same
   */
  query<R extends object>(statement: Statement): Promise<R[]> {
    for (let tried = 0; tried < SHARED; tried++) {
      this.#next = (this.#next + 1) % SHARED
      if (this.#shared[this.#next]?.isUp) break
    }
    return (this.#shared[this.#next] as Link).query<R>(statement)
  }

  /**
   * As {@link query}, of something that can be asked twice: where one connection has broken, another may do, or the
   * next one.
   * @throws {StoreUnavailable}
   */
  async read<R extends object>(statement: Statement): Promise<R[]> {
    try {
      return await this.query<R>(statement)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      return this.query<R>(statement)
    }
  }

  /**
   * Several statements, all or nothing. One at a time: this is for what is done seldom, or in the background.
   * @throws {StoreUnavailable} it may have happened all the same
   */
  transaction<T>(run: (query: Query) => Promise<T>): Promise<T> {
    const work = this.#transaction.then(() => this.#run(run))
    this.#transaction = work.catch(() => undefined)
    return work
  }

  async #run<T>(run: (query: Query) => Promise<T>): Promise<T> {
    const link = this.#background
    const query: Query = (text, values) =>
      link.query(
        values === undefined
          ? { text, timeoutMs: BACKGROUND_TIMEOUT_MS }
          : { text, values, timeoutMs: BACKGROUND_TIMEOUT_MS },
      )
    await query('BEGIN')
    try {
      const result = await run(query)
      await query('COMMIT')
      return result
    } catch (error) {
      // On a connection that broke there is nothing left to take back, and the next one knows nothing of it.
      await query('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#transaction
    await Promise.all(this.#links.map((link) => link.close()))
  }
}
