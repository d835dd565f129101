// A claimed row belongs to its gateway until its lease has expired, or until the gateway is dead.

import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { Database } from './database.js'
import type { Statement } from './link.js'

/** Between attempts to give back a claim with an unknown outcome. */
const RETRY_MS = 250
/** A statement whose connection broke may still run for that long. */
const STRAGGLER_MS = 1_000

export interface ClaimsOptions {
  readonly database: Database
  /** Id of this gateway. */
  readonly self: string
  /** The clock of leases, in milliseconds. Default: the database's. */
  readonly now: (() => number) | undefined
}

export class Claims {
  readonly self: string
  readonly #options: ClaimsOptions
  readonly #closing = new AbortController()
  #last = 0

  constructor(options: ClaimsOptions) {
    this.#options = options
    this.self = options.self
  }

  /** The parameters $1 and $2 of every statement that claims rows, or looks for free ones. */
  get values(): [self: string, now: number | null] {
    return [this.self, this.#options.now?.() ?? null]
  }

  static readonly NOW = '(SELECT coalesce($2::bigint, now_ms_1()))'

  /** The row is not claimed. */
  static readonly FREE = `(claimed_until IS NULL OR claimed_until <= ${Claims.NOW} OR (claimed_by <> $1::uuid
    AND claimed_by NOT IN (SELECT id FROM gateways WHERE alive_until > now_ms_1())))`

  /** Claims the row for that many milliseconds, with a claim of that number. */
  static readonly take = (leaseMs: string, claim: string): string =>
    `claimed_by = $1, claimed_until = ${Claims.NOW} + ${leaseMs}, claim = ${claim}`

  static readonly LET_GO = 'claimed_by = NULL, claimed_until = NULL, claim = NULL'

  /**
   * Claims, with a number that no other claim of this gateway has. If the answer is lost, the outcome is unknown: then
   * the claim is given back, instead of staying idle until the lease expires.
   * @param undo gives back a whole claim
   * @param undone called when that has been done
   */
  async make<T>(claim: (n: number) => Promise<T>, undo: (n: number) => Statement, undone: () => void): Promise<T> {
    const n = ++this.#last
    try {
      return await claim(n)
    } catch (error) {
      if (error instanceof StoreUnavailable) void this.#undo(undo(n)).then(undone, () => undefined)
      throw error
    }
  }

  close(): void {
    this.#closing.abort()
  }

  /** Rejects when the store is closed: then the gateway is gone, and its claims with it. */
  async #undo(statement: Statement): Promise<void> {
    const { database } = this.#options
    const { signal } = this.#closing
    for (let done = false; !done; ) {
      await delay(RETRY_MS, undefined, { signal })
      try {
        await database.query(statement)
        await delay(STRAGGLER_MS, undefined, { signal })
        await database.query(statement)
        done = true
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
      }
    }
  }
}
