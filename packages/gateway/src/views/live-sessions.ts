// The newest sessions, kept up to date while at least one reader watches; all readers share them.

import type { SessionId } from '@rightofway/camara'
import { isAssignmentId } from '../domain/resource-id.js'
import type { Session } from '../domain/session.js'
import { asOf } from '../domain/session.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store/store.js'

/** Sessions that a page can show at once; of more than these, the newest. */
const LIMIT = 20_000

/** Read in pieces: requests come in between. */
const PIECE = 500

/** Changes are sent in batches, at this interval (milliseconds). */
const GATHER_MS = 200

/** How long the sessions are kept when nobody watches: readers often come back (milliseconds). */
const LINGER_MS = 60_000

export interface LiveChange {
  readonly changed: readonly Session[]
  readonly gone: readonly SessionId[]
}

export interface LiveSessionsOptions {
  readonly store: Pick<Store, 'sessions' | 'work'>
  readonly clock: Clock
  /** Default: 20 000. */
  readonly limit?: number
}

export class LiveSessions {
  readonly #store: LiveSessionsOptions['store']
  readonly #clock: Clock
  readonly #limit: number
  readonly #sessions = new Map<SessionId, Session>()
  readonly #listeners = new Set<(change: LiveChange) => void>()
  readonly #changed = new Set<SessionId>()
  #looking = 0
  #loaded: Promise<void> | undefined
  #complete = true
  #unwatch: () => void = () => undefined
  #gathering: NodeJS.Timeout | undefined
  #lingering: NodeJS.Timeout | undefined

  constructor({ store, clock, limit = LIMIT }: LiveSessionsOptions) {
    this.#store = store
    this.#clock = clock
    this.#limit = limit
  }

  /** Whether it contains all sessions, or only the newest. */
  get complete(): boolean {
    return this.#complete
  }

  /** Runs `use` while the sessions are up to date. */
  async look<T>(use: (sessions: ReadonlyMap<SessionId, Session>) => T | Promise<T>): Promise<T> {
    const leave = await this.open()
    try {
      return await use(this.#sessions)
    } finally {
      leave()
    }
  }

  /** Keeps the sessions up to date until the returned function is called. */
  async open(): Promise<() => void> {
    this.#looking++
    clearTimeout(this.#lingering)
    this.#loaded ??= this.#load()
    try {
      await this.#loaded
    } catch (error) {
      this.#looking--
      this.close()
      throw error
    }
    let left = false
    return () => {
      if (left) return
      left = true
      if (--this.#looking > 0) return
      this.#lingering = setTimeout(() => this.close(), LINGER_MS).unref()
    }
  }

  /** The current sessions. Only while it is open. */
  get sessions(): ReadonlyMap<SessionId, Session> {
    return this.#sessions
  }

  /** Calls `listener` with changes from now on. Returns the function that stops it. */
  watch(listener: (change: LiveChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets it all. */
  close(): void {
    clearTimeout(this.#lingering)
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#unwatch()
    this.#sessions.clear()
    this.#changed.clear()
    this.#loaded = undefined
  }

  async #load(): Promise<void> {
    this.#unwatch = this.#store.work.watchWork(({ session }) => {
      if (session === undefined || isAssignmentId(session)) return
      this.#changed.add(session)
      this.#gather()
    })
    let after: SessionId | undefined
    for (;;) {
      const piece = await this.#store.sessions.list({ newestFirst: true, limit: PIECE, ...(after && { after }) })
      for (const { session } of piece) {
        // Later changes are sent with the next batch, in their latest state.
        if (asOf(session, this.#clock.now()) !== undefined) this.#sessions.set(session.id, session)
      }
      after = piece.at(-1)?.session.id
      this.#complete = piece.length < PIECE
      if (this.#complete || this.#sessions.size >= this.#limit) return
      await new Promise(setImmediate)
    }
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      const ids = [...this.#changed]
      this.#changed.clear()
      this.#gathering = undefined
      this.#tell(ids).catch(() => {
        // The store cannot be read now: it is tried again later.
        if (this.#loaded === undefined) return
        for (const id of ids) this.#changed.add(id)
        this.#gather()
      })
    }, GATHER_MS).unref()
  }

  async #tell(ids: readonly SessionId[]): Promise<void> {
    await this.#loaded
    const changed: Session[] = []
    const gone: SessionId[] = []
    for (const id of ids) {
      const stored = await this.#store.sessions.find(id)
      if (this.#loaded === undefined) return
      const session = stored && asOf(stored.session, this.#clock.now())
      if (session === undefined) {
        if (this.#sessions.delete(id)) gone.push(id)
      } else {
        this.#sessions.set(id, session)
        changed.push(session)
      }
    }
    gone.push(...this.#prune())
    for (const listener of this.#listeners) listener({ changed, gone })
  }

  /** Drops the oldest when there are many more than the limit. Ids begin with the time of creation. */
  #prune(): SessionId[] {
    if (this.#sessions.size <= this.#limit * 1.25) return []
    this.#complete = false
    const oldest = [...this.#sessions.keys()].sort().slice(0, this.#sessions.size - this.#limit)
    for (const id of oldest) this.#sessions.delete(id)
    return oldest
  }
}
