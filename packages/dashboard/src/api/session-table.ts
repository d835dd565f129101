// The sessions as a stream has told of them.

import type { AdminSession } from './types.js'

/** What one event of the stream says. */
export interface StreamMessage {
  /** What time it is for sessions. */
  readonly now: string
  /** Some of all; the last of these events has `complete`. */
  readonly sessions?: readonly AdminSession[]
  /** Whether these were all; else the newest. */
  readonly complete?: boolean
  readonly changed?: readonly AdminSession[]
  /** Ids. */
  readonly gone?: readonly string[]
}

export class SessionTable {
  readonly #byId = new Map<string, AdminSession>()
  #fresh: Set<string> | undefined
  #complete = true
  #loaded = false

  /** Whether these are all; else the newest. */
  get complete(): boolean {
    return this.#complete
  }

  /** Whether the first of them have come. */
  get loaded(): boolean {
    return this.#loaded
  }

  find(id: string): AdminSession | undefined {
    return this.#byId.get(id)
  }

  /** Newest first. */
  list(): readonly AdminSession[] {
    // Ids begin with the time of creation.
    return [...this.#byId.values()].sort((a, b) => (a.sessionId < b.sessionId ? 1 : -1))
  }

  /** A stream has begun: all sessions come anew, and those that do not have gone meanwhile. */
  begin(): void {
    this.#fresh = new Set()
  }

  take({ sessions = [], changed = [], gone = [], complete }: StreamMessage): void {
    for (const session of [...sessions, ...changed]) {
      this.#byId.set(session.sessionId, session)
      this.#fresh?.add(session.sessionId)
    }
    for (const id of gone) this.#byId.delete(id)
    if (complete === undefined) return
    this.#complete = complete
    this.#loaded = true
    for (const id of this.#byId.keys()) if (this.#fresh?.has(id) === false) this.#byId.delete(id)
    this.#fresh = undefined
  }

  /** Forgets all: somebody else may be signed in next. */
  clear(): void {
    this.#byId.clear()
    this.#fresh = undefined
    this.#complete = true
    this.#loaded = false
  }
}
