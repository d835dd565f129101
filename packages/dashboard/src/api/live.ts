// The sessions, live: one stream for the whole page, kept in a map that tables look at.

import type { AdminSession } from './types.js'

export interface Live {
  /** Newest first. A new array with every change. */
  readonly sessions: readonly AdminSession[]
  /** Whether these are all; else the newest. */
  readonly complete: boolean
  /** Whether the first of them have come. */
  readonly loaded: boolean
  /** Whether the stream is open. */
  readonly connected: boolean
}

interface Message {
  readonly now: string
  readonly sessions?: readonly AdminSession[]
  readonly complete?: boolean
  readonly changed?: readonly AdminSession[]
  readonly gone?: readonly string[]
}

/** What has come is shown together, at most that often: a page that redraws for every session is no use (ms). */
const SHOW_EVERY_MS = 150

const EMPTY: Live = { sessions: [], complete: true, loaded: false, connected: false }

class LiveSessions {
  #state = EMPTY
  readonly #byId = new Map<string, AdminSession>()
  readonly #listeners = new Set<() => void>()
  readonly #clocks = new Set<() => void>()
  #source: EventSource | undefined
  #fresh: Set<string> | undefined
  #complete = true
  #loaded = false
  #showing: ReturnType<typeof setTimeout> | undefined
  /** How far the clock of sessions is ahead of this machine's (ms). */
  #aheadMs = 0

  get state(): Live {
    return this.#state
  }

  /** What time it is for sessions. */
  now(): number {
    return Date.now() + this.#aheadMs
  }

  /** The gateway has just said what time it is. */
  setNow(now: string): void {
    this.#aheadMs = Date.parse(now) - Date.now()
    for (const listener of this.#clocks) listener()
  }

  /** Calls `listener` when the clock was set. Returns the function that stops it. */
  onClock(listener: () => void): () => void {
    this.#clocks.add(listener)
    return () => this.#clocks.delete(listener)
  }

  find(id: string): AdminSession | undefined {
    return this.#byId.get(id)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    this.#open()
    return () => this.#listeners.delete(listener)
  }

  /** Forgets all: somebody else may be signed in next. */
  close(): void {
    this.#source?.close()
    this.#source = undefined
    this.#byId.clear()
    this.#loaded = false
    this.#state = EMPTY
  }

  #open(): void {
    if (this.#source !== undefined) return
    const source = new EventSource('/admin/v1/sessions/stream')
    this.#source = source
    // After a break all of them come anew: those that do not have gone meanwhile.
    source.onopen = () => {
      this.#fresh = new Set()
      this.#show()
    }
    source.onerror = () => this.#show()
    for (const name of ['sessions', 'change', 'time']) {
      source.addEventListener(name, (event) => this.#take(JSON.parse((event as MessageEvent<string>).data) as Message))
    }
  }

  #take({ now, sessions = [], changed = [], gone = [], complete }: Message): void {
    this.setNow(now)
    for (const list of [sessions, changed]) {
      for (const session of list) {
        this.#byId.set(session.sessionId, session)
        this.#fresh?.add(session.sessionId)
      }
    }
    for (const id of gone) this.#byId.delete(id)
    if (complete !== undefined) {
      this.#complete = complete
      this.#loaded = true
      for (const id of this.#byId.keys()) if (this.#fresh?.has(id) === false) this.#byId.delete(id)
      this.#fresh = undefined
    }
    this.#show()
  }

  #show(): void {
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined
      // Ids begin with the time of creation.
      const sessions = [...this.#byId.values()].sort((a, b) => (a.sessionId < b.sessionId ? 1 : -1))
      const connected = this.#source?.readyState === EventSource.OPEN
      this.#state = { sessions, complete: this.#complete, loaded: this.#loaded, connected }
      for (const listener of this.#listeners) listener()
    }, SHOW_EVERY_MS)
  }
}

export const live = new LiveSessions()
