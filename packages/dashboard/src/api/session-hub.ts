// One stream for all tabs of a browser. Over HTTP/1.1 a browser opens six connections to a host: with a stream for each
// tab, the seventh tab would wait for ever.

import { SessionStream, type SessionStreamOptions } from './session-stream.js'
import { SessionTable, type StreamMessage } from './session-table.js'

/** What a tab says. */
export type FromTab =
  /** Somebody is signed in, and wants to see sessions. */
  | { readonly kind: 'join'; readonly user: string; readonly adminApi: string }
  /** They have signed out. */
  | { readonly kind: 'leave' }

/** What tabs are told. */
export type ToTab =
  | { readonly kind: 'begin' }
  | { readonly kind: 'message'; readonly message: StreamMessage }
  | { readonly kind: 'lost' }
  | { readonly kind: 'signed out' }

/** A tab, as the hub sees it. */
export interface Tab {
  postMessage(told: ToTab): void
}

type Connect = (adminApi: string) => Pick<SessionStreamOptions, 'open' | 'signedIn'>

export class SessionHub {
  readonly #connect: Connect
  readonly #tabs = new Set<Tab>()
  readonly #table = new SessionTable()
  #now = ''
  #open = false
  #user: string | undefined
  #adminApi = ''
  #stream: SessionStream | undefined
  #paused = false

  constructor(connect: Connect) {
    this.#connect = connect
  }

  take(tab: Tab, said: FromTab): void {
    if (said.kind === 'leave') this.#signedOut()
    else this.#join(tab, said.user, said.adminApi)
  }

  /** Nobody looks: the connection is for the tabs that somebody looks at. */
  pause(): void {
    this.#paused = true
    if (this.#stream === undefined) return
    this.#stream.stop()
    this.#stream = undefined
    this.#lost()
  }

  /** Somebody looks again. */
  resume(): void {
    this.#paused = false
    if (this.#user !== undefined && this.#stream === undefined) this.#openStream()
  }

  #join(tab: Tab, user: string, adminApi: string): void {
    if (user !== this.#user) this.#start(user, adminApi)
    this.#tabs.add(tab)
    if (!this.#table.loaded) return
    tab.postMessage({ kind: 'begin' })
    const { complete } = this.#table
    tab.postMessage({ kind: 'message', message: { now: this.#now, sessions: this.#table.list(), complete } })
    if (!this.#open) tab.postMessage({ kind: 'lost' })
  }

  #start(user: string, adminApi: string): void {
    // What somebody else may see is not for this user.
    if (this.#user !== undefined) this.#signedOut()
    this.#user = user
    this.#adminApi = adminApi
    if (!this.#paused) this.#openStream()
  }

  #openStream(): void {
    this.#stream = new SessionStream({
      ...this.#connect(this.#adminApi),
      onBegin: () => {
        this.#open = true
        this.#table.begin()
        this.#tell({ kind: 'begin' })
      },
      onMessage: (message) => {
        this.#now = message.now
        this.#table.take(message)
        this.#tell({ kind: 'message', message })
      },
      onLost: () => this.#lost(),
      onSignedOut: () => this.#signedOut(),
    })
  }

  #lost(): void {
    this.#open = false
    this.#tell({ kind: 'lost' })
  }

  #signedOut(): void {
    this.#stream?.stop()
    this.#stream = undefined
    this.#user = undefined
    this.#open = false
    this.#table.clear()
    this.#tell({ kind: 'signed out' })
    this.#tabs.clear()
  }

  #tell(told: ToTab): void {
    for (const tab of this.#tabs) tab.postMessage(told)
  }
}

/** A hub that asks the gateway. */
export const openHub = (): SessionHub =>
  new SessionHub((adminApi) => ({
    open: () => new EventSource(`${adminApi}/sessions/stream`),
    async signedIn() {
      const answer = await fetch(`${adminApi}/sign-in`, { credentials: 'same-origin' })
      if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`)
      return ((await answer.json()) as { readonly signedIn: boolean }).signedIn
    },
  }))
