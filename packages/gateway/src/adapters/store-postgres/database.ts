// The connections of one gateway, each kind for one purpose, so that none waits for another's statements.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { type DatabaseHost, databaseHosts } from './connection-string.js'
import { connectionTrouble, POOLED } from './connection-trouble.js'
import { Link, type LinkOptions, type Statement } from './link.js'

/** Runs statements on one connection. */
export type Query = <R extends object>(text: string, values?: readonly unknown[]) => Promise<R[]>

/** Connections for reads and small writes; each carries many statements at a time. */
const SHARED = 4
/** The timeout of a transaction's statement: those in the background may take longer. */
const BACKGROUND_TIMEOUT_MS = 60_000

/** Without these settings, a plan made while a table was empty would read all of it when it is large. */
export const BY_INDEX = ['SET enable_seqscan = off', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off'] as const

export interface DatabaseOptions {
  readonly url: string
  /** The name of the gateway's connections in `pg_stat_activity`. */
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

  /** @throws {Error} no host can be reached, or accepts the credentials */
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

  /** The error of opening or migrating the database, for people. */
  trouble(error: unknown): Error {
    return connectionTrouble(this.#hosts, error)
  }

  /** Hosts on other machines with a connection without TLS. */
  get plainTextHosts(): string[] {
    return [...new Set(this.#links.map((link) => link.plainTextHost).filter((name) => name !== undefined))]
  }

  /** Behind a transaction pooler connections share backends: otherwise each has its own. */
  async #refusePooler(): Promise<void> {
    const processes = new Set<number>()
    for (const link of this.#links) {
      const [row] = await link.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })
      if (row !== undefined) processes.add(row.pid)
    }
    if (processes.size < this.#links.length) throw new Error(POOLED)
  }

  /** Whether a statement needs no wait for a connection. */
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
   * Runs one statement, on any connection.
   * @throws {StoreUnavailable} a write may have been committed all the same
   */
  query<R extends object>(statement: Statement): Promise<R[]> {
    for (let tried = 0; tried < SHARED; tried++) {
      this.#next = (this.#next + 1) % SHARED
      if (this.#shared[this.#next]?.isUp) break
    }
    return (this.#shared[this.#next] as Link).query<R>(statement)
  }

  /**
   * Like {@link query}, for a statement that can be repeated: if one connection has broken, another one is used, or the
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
   * Several statements, atomically. One transaction at a time: for rare statements, or those in the background.
   * @throws {StoreUnavailable} it may have been committed all the same
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
      // A broken connection has nothing to roll back, and the next one does not know the transaction.
      await query('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#transaction
    await Promise.all(this.#links.map((link) => link.close()))
  }
}
