// Damage of a file is found page by page. From the first damaged page on, no new session is accepted.

import { StoreDamaged, StoreUnavailable } from '../../domain/store-unavailable.js'
import type { SessionCommit } from '../../ports/store/sessions.js'
import type { Store } from '../../ports/store/store.js'
import { Database } from '../sqlite/driver.js'
import { DamagedRow } from '../store-common/damaged-row.js'

/** Errors of SQLite for a damaged page. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/

/** Remembers the first damage. */
export class Damage {
  readonly #file: string
  #found: StoreDamaged | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** The error that a caller gets. */
  met(error: unknown): unknown {
    const cause = isDamage(error) ? error : error instanceof StoreUnavailable ? error.cause : undefined
    if (!isDamage(cause)) return error
    this.#found ??= new StoreDamaged(
      `the store ${this.#file} is damaged: ${cause.message}. Stop the gateway, keep the file, and ` +
        'restore a backup (docs/operate/operations.md)',
      { cause },
    )
    return this.#found
  }

  /**
   * `store`, except that damage found by any method is remembered: afterwards checks fail and new sessions are refused.
   */
  watch<S extends Pick<Store, 'sessions'>>(store: S): S {
    const sessions = this.#watchCalls(
      store.sessions,
      (method, [commit]) => method === 'commit' && (commit as SessionCommit).creation !== undefined,
    )
    const parts = new Map<object, object>([[store.sessions, sessions]])
    const whole = this.#watchCalls(store, (method) => method === 'ping')
    return new Proxy(whole, {
      get: (_, name) => {
        const value: unknown = Reflect.get(whole, name)
        if (typeof value !== 'object' || value === null) return value
        const part = parts.get(value) ?? this.#watchCalls(value)
        parts.set(value, part)
        return part
      },
    })
  }

  /** @param promises whether a call creates an obligation: it is refused after damage, and has to return a promise */
  #watchCalls<T extends object>(
    target: T,
    promises: (method: string | symbol, args: readonly unknown[]) => boolean = () => false,
  ): T {
    const watched = new WeakMap<object, unknown>()
    const watch =
      (method: string | symbol, call: (...args: unknown[]) => unknown) =>
      (...args: unknown[]) => {
        if (this.#found !== undefined && promises(method, args)) return Promise.reject(this.#found)
        try {
          const result = call.apply(target, args)
          return result instanceof Promise ? result.catch((error: unknown) => Promise.reject(this.met(error))) : result
        } catch (error) {
          throw this.met(error)
        }
      }
    return new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (!watched.has(value)) watched.set(value, watch(name, value as never))
        return watched.get(value)
      },
    })
  }
}

const isDamage = (error: unknown): error is Error =>
  error instanceof DamagedRow || (error instanceof Database.SqliteError && DAMAGED.test(error.code))
