// One transaction, in one round trip, for all writes that were requested while the previous one was in progress. If a
// connection breaks, it is unknown whether the transaction was committed: the database keeps the number and the outcome
// of each writer's last batch, so that the same batch can be sent again without being applied again.

import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { type Link, PATIENCE_MS } from './link.js'

/** Writes of one transaction. More would only make the others wait longer for its locks. */
const MAX_BATCH = 256

/** Deadlock: one of two transactions was rolled back. */
const CALLED_OFF = new Set(['40P01', '40001'])

interface Waiting<T, R> {
  readonly item: T
  /** No two writes of a batch share one of these keys: they are written one after the other. */
  readonly subjects: readonly string[]
  resolve(result: R): void
  reject(error: unknown): void
}

export interface GroupWriterOptions<T, R> {
  readonly link: Link
  /** The statement that writes a batch: it takes the writer's id and the batch's number, and returns one `outcome`. */
  statement(writer: string, batch: number, items: readonly T[]): { name: string; text: string; values: unknown[] }
  /** The outcome of every item. */
  results(outcome: unknown, items: readonly T[]): readonly R[]
}

export class GroupWriter<T, R> {
  readonly #options: GroupWriterOptions<T, R>
  readonly #id = randomUUID()
  #waiting: Waiting<T, R>[] = []
  #batch = 0
  #writing = false
  #scheduled = false
  #closed = false
  #whenIdle: (() => void)[] = []

  constructor(options: GroupWriterOptions<T, R>) {
    this.#options = options
  }

  /**
   * Resolves with its outcome, once it is committed.
   * @throws {StoreUnavailable} the database is away; if the connection broke meanwhile, this may have been committed
   */
  write(item: T, subjects: readonly string[]): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new StoreUnavailable('the store is closed'))
      this.#waiting.push({ item, subjects, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when all earlier requests are written. */
  async close(): Promise<void> {
    this.#closed = true
    if (!this.#writing && this.#waiting.length === 0) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing || this.#waiting.length === 0) return
    this.#scheduled = true
    // After the poll phase: requests that arrived together are written together.
    setImmediate(() => {
      this.#scheduled = false
      this.#drain().catch((error: unknown) => {
        for (const { reject } of this.#waiting.splice(0)) reject(error)
      })
    })
  }

  async #drain(): Promise<void> {
    this.#writing = true
    const batch = this.#take()
    await this.#carryOut(batch)
    this.#writing = false
    if (this.#waiting.length > 0) this.#schedule()
    else for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** The longest prefix of writes without shared keys. */
  #take(): Waiting<T, R>[] {
    const taken: Waiting<T, R>[] = []
    const left: Waiting<T, R>[] = []
    const subjects = new Set<string>()
    for (const one of this.#waiting) {
      const free = taken.length < MAX_BATCH && !one.subjects.some((subject) => subjects.has(subject))
      // If earlier writes wait, later ones with the same keys wait behind them.
      for (const subject of one.subjects) subjects.add(subject)
      ;(free ? taken : left).push(one)
    }
    this.#waiting = left
    return taken
  }

  async #carryOut(batch: readonly Waiting<T, R>[]): Promise<void> {
    const items = batch.map(({ item }) => item)
    let results: readonly R[]
    try {
      results = this.#options.results(await this.#send(items), items)
    } catch (error) {
      if (batch.length > 1 && !(error instanceof StoreUnavailable)) {
        // An unexpected failure has rolled back the batch. Written one by one, only the culprit fails.
        for (const one of batch) await this.#carryOut([one])
      } else {
        for (const { reject } of batch) reject(error)
      }
      return
    }
    for (const [index, { resolve }] of batch.entries()) resolve(results[index] as R)
  }

  async #send(items: readonly T[]): Promise<unknown> {
    const { link, statement } = this.#options
    const asked = statement(this.#id, ++this.#batch, items)
    const giveUpAt = performance.now() + 2 * PATIENCE_MS
    for (;;) {
      try {
        const [row] = await link.query<{ outcome: unknown }>(asked)
        return row?.outcome
      } catch (error) {
        if (error instanceof pg.DatabaseError && CALLED_OFF.has(error.code ?? '')) continue
        if (!(error instanceof StoreUnavailable)) throw error
        // If the connection still works, the database has refused the batch, and rolled it back.
        if (link.isUp || performance.now() >= giveUpAt) throw error
        // It broke before, during or after the commit. The database knows the outcome: the same batch is sent again.
        await link.ready()
      }
    }
  }
}
