// One connection that reconnects: when it breaks, a new one takes its place, to whichever host is the primary now.
// Statements in progress have failed, and only the database knows their outcome.

import type { ConnectionOptions } from 'node:tls'
import type { Mutable } from '@rightofway/camara'
import pg from 'pg'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { unquoted } from '../../domain/unquoted.js'
import type { DatabaseHost } from './connection-string.js'

/** The timeout of one attempt to connect. */
const CONNECT_TIMEOUT_MS = 3_000
/** A statement without an answer by then fails, and its connection with it: a host may silently disappear. */
const ANSWER_TIMEOUT_MS = 5_000
/** Between attempts to connect; the last one repeats. */
const RETRY_MS = [50, 100, 200, 500, 1_000] as const
/** Statements wait that long for a missing connection. Then they fail at once, until there is one again. */
export const PATIENCE_MS = 2_000

/** SQLSTATEs (or classes of them) of failures that the database caused, and that may not recur. */
const UNAVAILABLE = /^(08|53|58|57P0|25006|XX000|F0)/
/** Those after which another host may be better: it is shutting down, starting, or no longer a primary. */
const LEAVE = /^(08|57P0|25006)/

/** Milliseconds and counts fit in a double; `count(*)` and `bigint` would be text otherwise. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
}

export interface Statement {
  /** A frequent statement has a name: then the database parses and plans it once a connection. */
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
  /** Its own timeout in milliseconds. */
  readonly timeoutMs?: number
}

export interface LinkOptions {
  /** In the order in which they are tried. */
  readonly hosts: readonly [DatabaseHost, ...DatabaseHost[]]
  /** The name of the connection in `pg_stat_activity`. */
  readonly name: string
  /** Run on every new connection before all other statements. */
  readonly greeting?: readonly string[]
  /** Whether statements are pipelined. Default: yes. */
  readonly pipeline?: boolean
  /** Called with every new connection, before its first statement. */
  readonly onUp?: (client: pg.Client) => void
  /** Called when a connection has broken. */
  readonly onDown?: (error: Error) => void
}

/** Whether the statement is not to blame: the database was away, or could not run it now. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true
  const code = error instanceof pg.DatabaseError ? error.code : undefined
  return code === undefined ? !(error instanceof TypeError) : UNAVAILABLE.test(code)
}

export class Link {
  readonly #options: LinkOptions
  #client: pg.Client | undefined
  #connecting: Promise<void> | undefined
  #lastError = new Error('not connected yet')
  /** By the monotonic clock. */
  #downSince = performance.now()
  #waiting = new Set<() => void>()
  #host = 0
  #plainText: string | undefined
  readonly #closing = new AbortController()
  /** Ends the wait between two attempts to connect. */
  #attemptNow: () => void = () => undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#client !== undefined
  }

  /** The host on another machine with a connection without TLS; undefined: none. */
  get plainTextHost(): string | undefined {
    return this.#plainText
  }

  /** Connects for the first time. @throws {Error} no host can be reached, or accepts the credentials */
  async open(): Promise<void> {
    await this.#dial()
  }

  /**
   * @returns the rows
   * @throws {StoreUnavailable} there is no connection, or it broke before the answer: the outcome of the statement is
   * unknown
   */
  async query<R extends object>(statement: Statement): Promise<R[]> {
    const client = this.#client ?? (await this.#await())
    const { name, text, values, timeoutMs = ANSWER_TIMEOUT_MS } = statement
    try {
      const config: Mutable<pg.QueryConfig> & { query_timeout: number } = { text, query_timeout: timeoutMs }
      if (name !== undefined) config.name = name
      if (values !== undefined) config.values = [...values]
      const result = await client.query<R>(config)
      // Several statements in one text have several results, which are not used.
      return Array.isArray(result) ? [] : result.rows
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (!(error instanceof pg.DatabaseError) || LEAVE.test(error.code ?? '')) this.#drop(client, error as Error)
      throw unavailable(error)
    }
  }

  /** Another connection has reached the database: this one need not wait before its next attempt. */
  hurry(): void {
    this.#attemptNow()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#attemptNow()
    for (const wake of this.#waiting) wake()
    await this.#connecting
    const client = this.#client
    this.#client = undefined
    await client?.end()
  }

  /**
   * The connection, or the next one if it comes within the wait of statements.
   * @throws {StoreUnavailable}
   */
  async ready(): Promise<void> {
    if (this.#client === undefined) await this.#await()
  }

  async #await(): Promise<pg.Client> {
    const left = this.#downSince + PATIENCE_MS - performance.now()
    if (left > 0 && !this.#closing.signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          this.#waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, left)
        this.#waiting.add(wake)
      })
    }
    if (this.#client === undefined) throw unavailable(this.#lastError)
    return this.#client
  }

  #drop(client: pg.Client, error: Error): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#lastError = error
    this.#downSince = performance.now()
    // Not end(): the other end may not exist any more.
    client.connection.stream.destroy()
    this.#options.onDown?.(error)
    this.#connecting ??= this.#reconnect().finally(() => {
      this.#connecting = undefined
    })
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#dial()
        return
      } catch (error) {
        this.#lastError = error as Error
      }
      const waitMs = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] as number
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#attemptNow = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Tries every host once, beginning with the last one that worked. */
  async #dial(): Promise<void> {
    const { hosts } = this.#options
    let failure: unknown
    for (let tried = 0; tried < hosts.length; tried++) {
      const index = (this.#host + tried) % hosts.length
      try {
        await this.#connect(hosts[index] as DatabaseHost)
        this.#host = index
        return
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async #connect(host: DatabaseHost): Promise<void> {
    const [first, second] = host.tls
    try {
      await this.#connectWith(host, first ?? false)
    } catch (error) {
      if (second === undefined || !isForAnother(error, second)) throw error
      await this.#connectWith(host, second)
    }
  }

  async #connectWith(host: DatabaseHost, ssl: ConnectionOptions | false): Promise<void> {
    const { name, greeting = [], pipeline = true, onUp } = this.#options
    const client = new pg.Client({
      ...host.connect,
      ssl: ssl && { ...ssl },
      application_name: name,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      pipeline,
      types,
    })
    // A connection that breaks while it is idle.
    client.on('error', (error) => this.#drop(client, error))
    client.on('end', () => this.#drop(client, new Error('the database has closed the connection')))
    try {
      await client.connect()
      const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby')
      if (rows[0]?.standby) throw new Error('it is a standby, which is read-only')
      for (const text of greeting) await client.query(text)
      if (this.#closing.signal.aborted) throw new Error('the store is closed')
    } catch (error) {
      client.connection.stream.destroy()
      throw error
    }
    this.#plainText = ssl === false && !host.local ? host.name : undefined
    onUp?.(client)
    this.#client = client
    for (const wake of this.#waiting) wake()
  }
}

/** Whether another way to connect may work: with TLS if plain text is refused, or the other way around. */
function isForAnother(error: unknown, next: ConnectionOptions | false): boolean {
  if (next !== false) return error instanceof pg.DatabaseError && error.code === '28000'
  return error instanceof Error && error.message === 'The server does not support SSL connections'
}

export const unavailable = (error: unknown): StoreUnavailable =>
  error instanceof StoreUnavailable
    ? error
    : new StoreUnavailable(`the database cannot be used: ${unquoted(error as Error)}`, { cause: error })
