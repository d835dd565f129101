// One connection, for as long as it is wanted: when it breaks, a new one takes its place, to whichever host now is the
// primary. What was on its way when it broke has failed, and nobody but the database knows how far it had got.

import type { ConnectionOptions } from 'node:tls'
import type { Mutable } from '@rightofway/camara'
import pg from 'pg'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { unquoted } from '../../domain/unquoted.js'
import type { DatabaseHost } from './connection-string.js'

/** Of one attempt to connect. */
const CONNECT_TIMEOUT_MS = 3_000
/** A statement that is not answered by then fails, and its connection with it: a host may vanish without a word. */
const ANSWER_TIMEOUT_MS = 5_000
/** Between attempts to connect; the last one repeats. */
const RETRY_MS = [50, 100, 200, 500, 1_000] as const
/** Whoever asks while there is no connection waits that long for one. Then nobody waits, until there is one again. */
export const PATIENCE_MS = 2_000

/** SQLSTATEs (or classes of them) by which it is the database's fault that something did not happen, and may yet. */
const UNAVAILABLE = /^(08|53|58|57P0|25006|XX000|F0)/
/** Of those, the ones after which another host may be better: it is shutting down, starting, or no primary any more. */
const LEAVE = /^(08|57P0|25006)/

/** Numbers of milliseconds and counts fit in a double; `count(*)` and `bigint` come as text otherwise. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
}

export interface Statement {
  /** Statements that are asked often have a name: then the database parses and plans them once a connection. */
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
  /** Milliseconds of its own to answer in. */
  readonly timeoutMs?: number
}

export interface LinkOptions {
  /** In the order in which they are tried. */
  readonly hosts: readonly [DatabaseHost, ...DatabaseHost[]]
  /** How the connection is called in `pg_stat_activity`. */
  readonly name: string
  /** Run on every new connection before anything else. */
  readonly greeting?: readonly string[]
  /** Whether statements are sent without waiting for the answers to those before. Default: they are. */
  readonly pipeline?: boolean
  /** Told of every new connection, before anything else is asked of it. */
  readonly onUp?: (client: pg.Client) => void
  /** Told when a connection has broken. */
  readonly onDown?: (error: Error) => void
}

/** Whether nothing is wrong with what was asked: the database was not there, or could not do it now. */
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

  /** The host on another machine that it is connected to without TLS; undefined: none. */
  get plainTextHost(): string | undefined {
    return this.#plainText
  }

  /** Connects for the first time. @throws {Error} no host can be reached, or none lets us in */
  async open(): Promise<void> {
    await this.#dial()
  }

  /**
   * @returns the rows
   * @throws {StoreUnavailable} there is no connection, or it broke before the answer: whether the statement was carried
   *   out is not known
   */
  async query<R extends object>(statement: Statement): Promise<R[]> {
    const client = this.#client ?? (await this.#await())
    const { name, text, values, timeoutMs = ANSWER_TIMEOUT_MS } = statement
    try {
      const config: Mutable<pg.QueryConfig> & { query_timeout: number } = { text, query_timeout: timeoutMs }
      if (name !== undefined) config.name = name
      if (values !== undefined) config.values = [...values]
      const result = await client.query<R>(config)
      // Of several statements in one text there are several results, which nobody asks for.
      return Array.isArray(result) ? [] : result.rows
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (!(error instanceof pg.DatabaseError) || LEAVE.test(error.code ?? '')) this.#drop(client, error as Error)
      throw unavailable(error)
    }
  }

  /** Another connection has found the database: this one need not wait before it tries. */
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
   * The connection, or the next one if it comes while anybody has patience.
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
    // Not end(): there may be nobody at the other end to say goodbye to.
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

  /** Tries every host once, beginning with the last good one. */
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
    // A connection that breaks while nothing is asked of it.
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

/** Whether another way to connect may do: with TLS where plain text is refused, or the other way around. */
function isForAnother(error: unknown, next: ConnectionOptions | false): boolean {
  if (next !== false) return error instanceof pg.DatabaseError && error.code === '28000'
  return error instanceof Error && error.message === 'The server does not support SSL connections'
}

export const unavailable = (error: unknown): StoreUnavailable =>
  error instanceof StoreUnavailable
    ? error
    : new StoreUnavailable(`the database cannot be used: ${unquoted(error as Error)}`, { cause: error })
