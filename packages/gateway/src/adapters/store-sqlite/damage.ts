// A file that is damaged is found out page by page. From the first such page on, nothing new is promised by it.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { Database } from '../sqlite/driver.js'
import { DamagedRow } from '../store-common/damaged-row.js'

/** What SQLite says of a page that is not what it should be. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/

/** Remembers the first damage that was met. */
export class Damage {
  readonly #file: string
  #found: StoreUnavailable | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** What an error of a call is to its caller. */
  met(error: unknown): unknown {
    const isDamage = error instanceof DamagedRow || (error instanceof Database.SqliteError && DAMAGED.test(error.code))
    const cause = isDamage ? error : error instanceof StoreUnavailable ? error.cause : undefined
    const behind = cause instanceof Database.SqliteError && DAMAGED.test(cause.code)
    if (!isDamage && !behind) return error
    this.#found ??= new StoreUnavailable(
      `the store ${this.#file} is damaged: ${(cause as Error).message}. Stop the gateway, keep the file, and ` +
        'restore a backup (docs/operate/operations.md)',
      { cause },
    )
    return this.#found
  }

  /** @throws {StoreUnavailable} damage was met */
  refuse(): void {
    if (this.#found !== undefined) throw this.#found
  }
}
