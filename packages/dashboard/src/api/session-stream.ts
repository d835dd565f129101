// One stream of sessions, opened anew whenever it ends. A browser's EventSource does that by itself only where the stream
// breaks: one answer that is no stream (a proxy's 502 while the gateway restarts) closes it for good.

import type { StreamMessage } from './session-table.js'

/** Before a stream is opened anew: grows from the first to the last while streams bring nothing new (ms). */
const PAUSE_MS = { first: 1_000, last: 30_000 }

/** The gateway says something every five seconds: after this long without a word the stream is taken for dead (ms). */
const SILENCE_MS = 20_000

export interface SessionStreamOptions {
  readonly open: () => EventSource
  /** Asks whether anybody is signed in: a stream that is refused does not say why. Rejects if nobody answers. */
  readonly signedIn: () => Promise<boolean>
  readonly onBegin: () => void
  readonly onMessage: (message: StreamMessage) => void
  /** The stream has ended; another one follows. */
  readonly onLost: () => void
  /** Nobody is signed in any more: no other stream follows. */
  readonly onSignedOut: () => void
}

export class SessionStream {
  readonly #options: SessionStreamOptions
  #source: EventSource | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #pauseMs = PAUSE_MS.first
  #openedAt = 0
  #stopped = false

  /** Opens the stream. */
  constructor(options: SessionStreamOptions) {
    this.#options = options
    this.#open()
  }

  stop(): void {
    this.#stopped = true
    this.#source?.close()
    clearTimeout(this.#timer)
  }

  #open(): void {
    const source = this.#options.open()
    this.#source = source
    this.#openedAt = performance.now()
    source.onopen = () => {
      this.#waitForMore()
      this.#options.onBegin()
    }
    source.onerror = () => this.#lost()
    for (const name of ['sessions', 'change', 'time']) {
      source.addEventListener(name, (event) => {
        if (this.#getsThrough(name)) this.#pauseMs = PAUSE_MS.first
        this.#waitForMore()
        this.#options.onMessage(JSON.parse((event as MessageEvent<string>).data) as StreamMessage)
      })
    }
    this.#waitForMore()
  }

  /** All sessions come with every stream, and the time soon after: a proxy that cuts streams lets both pass. */
  #getsThrough(message: string): boolean {
    return message === 'change' || (message === 'time' && performance.now() - this.#openedAt >= PAUSE_MS.last)
  }

  #waitForMore(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#lost(), SILENCE_MS)
  }

  #lost(): void {
    this.#source?.close()
    this.#source = undefined
    this.#options.onLost()
    this.#again()
  }

  #again(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ask(), this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS.last)
  }

  #ask(): void {
    this.#options.signedIn().then(
      (signedIn) => {
        if (this.#stopped) return
        if (signedIn) this.#open()
        else this.#options.onSignedOut()
      },
      // The gateway is away: the page says so, and it is asked again.
      () => this.#stopped || this.#again(),
    )
  }
}
