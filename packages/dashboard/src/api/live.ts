// The sessions, live, as the pages of this tab look at them.

import { ADMIN_API } from '../lib/base.js'
import { HubPort } from './hub-port.js'
import type { ToTab } from './session-hub.js'
import { SessionTable } from './session-table.js'
import type { AdminSession } from './types.js'

export interface Live {
  /** Newest first. A new array with every change. */
  readonly sessions: readonly AdminSession[]
  /** Whether these are all; else the newest. */
  readonly complete: boolean
  /** Whether the first of them have come. */
  readonly loaded: boolean
  /** Whether the stream is open. If not, and they are loaded, this is how they were when it broke. */
  readonly connected: boolean
}

/** What has come is shown together, at most that often: a page that redraws for every session is no use (ms). */
const SHOW_EVERY_MS = 150

const EMPTY: Live = { sessions: [], complete: true, loaded: false, connected: false }

class LiveSessions {
  #state = EMPTY
  readonly #table = new SessionTable()
  readonly #listeners = new Set<() => void>()
  readonly #clocks = new Set<() => void>()
  #hub: HubPort | undefined
  #user: string | undefined
  #onSignedOut: () => void = () => undefined
  #joined = false
  #connected = false
  #showing: ReturnType<typeof setTimeout> | undefined
  /** How far the clock of sessions is ahead of this machine's (ms). */
  #aheadMs = 0
  /** What time it was when the stream broke: nobody knows what has become of the sessions since. */
  #stoppedAt: number | undefined

  get state(): Live {
    return this.#state
  }

  /** What time it is for the sessions that are shown. */
  now(): number {
    return this.#stoppedAt ?? Date.now() + this.#aheadMs
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
    return this.#table.find(id)
  }

  /** From now on the sessions are those that this user may see. */
  beSignedIn(user: string, signedOut: () => void): void {
    this.#user = user
    this.#onSignedOut = signedOut
    if (this.#listeners.size > 0) this.#join()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    this.#join()
    return () => this.#listeners.delete(listener)
  }

  /** Looks on without having the sessions come. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets all: somebody else may be signed in next. */
  close(): void {
    if (this.#joined) this.#hub?.say({ kind: 'leave' })
    this.#forget()
  }

  #forget(): void {
    this.#joined = false
    this.#user = undefined
    this.#connected = false
    this.#stoppedAt = undefined
    this.#table.clear()
    this.#state = EMPTY
  }

  #join(): void {
    if (this.#joined || this.#user === undefined) return
    this.#joined = true
    this.#hub ??= new HubPort((told) => this.#told(told))
    this.#hub.say({ kind: 'join', user: this.#user, adminApi: ADMIN_API })
  }

  #told(told: ToTab): void {
    if (!this.#joined) return
    switch (told.kind) {
      case 'begin':
        this.#connected = true
        this.#stoppedAt = undefined
        this.#table.begin()
        break
      case 'message':
        this.setNow(told.message.now)
        this.#table.take(told.message)
        break
      case 'lost':
        this.#stoppedAt = this.now()
        this.#connected = false
        break
      case 'signed out':
        this.#forget()
        this.#onSignedOut()
    }
    this.#show()
  }

  #show(): void {
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined
      const { complete, loaded } = this.#table
      this.#state = { sessions: this.#table.list(), complete, loaded, connected: this.#connected }
      for (const listener of this.#listeners) listener()
    }, SHOW_EVERY_MS)
  }
}

export const live = new LiveSessions()
