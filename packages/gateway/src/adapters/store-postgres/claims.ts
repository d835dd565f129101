// What is claimed is nobody else's until its lease has run out, or until the gateway that has it is dead.

import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { Database } from './database.js'
import type { Statement } from './link.js'

/** Between attempts to give back what nobody knows whether we have. */
const RETRY_MS = 250
/** A statement whose connection broke may still be at work for that long. */
const STRAGGLER_MS = 1_000

export interface ClaimsOptions {
  readonly database: Database
  /** Id of this gateway. */
  readonly self: string
  /** Milliseconds that leases are measured by. Default: the database's. */
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

  /** The parameters $1 and $2 of every statement that claims something, or asks what is free. */
  get values(): [self: string, now: number | null] {
    return [this.self, this.#options.now?.() ?? null]
  }

  static readonly NOW = '(SELECT coalesce($2::bigint, now_ms_1()))'

  /** The row is nobody's. */
  static readonly FREE = `(claimed_until IS NULL OR claimed_until <= ${Claims.NOW} OR (claimed_by <> $1::uuid
    AND claimed_by NOT IN (SELECT id FROM gateways WHERE alive_until > now_ms_1())))`

  /** Makes the row ours: for so many milliseconds, by a claim of that number. */
  static readonly take = (leaseMs: string, claim: string): string =>
    `claimed_by = $1, claimed_until = ${Claims.NOW} + ${leaseMs}, claim = ${claim}`

  static readonly LET_GO = 'claimed_by = NULL, claimed_until = NULL, claim = NULL'

  /**
   * Claims, with a number that no other claim of this gateway has. Where the answer gets lost, nobody knows what was
   * claimed: then it is given back, instead of lying idle until the lease runs out.
   * @param undo what gives back all of a claim
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

  /** Rejects when the store is closed: then the gateway is gone, and so are its claims. */
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
