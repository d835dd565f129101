// The way from a tab to the hub: in a worker that all tabs share, or in the tab itself where there are no such workers.

import { type FromTab, openHub, type ToTab } from './session-hub.js'

export class HubPort {
  readonly #onTold: (told: ToTab) => void
  #port: MessagePort
  /** What a hub has to be told that takes the place of one that failed. */
  #joined: FromTab | undefined

  constructor(onTold: (told: ToTab) => void) {
    this.#onTold = onTold
    this.#port = this.#listen(typeof SharedWorker === 'undefined' ? ownHub() : this.#sharedHub())
  }

  say(said: FromTab): void {
    this.#joined = said.kind === 'join' ? said : undefined
    this.#port.postMessage(said)
  }

  #sharedHub(): MessagePort {
    const worker = new SharedWorker(new URL('./hub-worker.ts', import.meta.url), { type: 'module' })
    worker.onerror = () => {
      this.#port = this.#listen(ownHub())
      if (this.#joined !== undefined) this.#port.postMessage(this.#joined)
    }
    return worker.port
  }

  #listen(port: MessagePort): MessagePort {
    port.onmessage = ({ data }: MessageEvent<ToTab>) => this.#onTold(data)
    return port
  }
}

/** Tabs that share nothing have a stream each: those that nobody looks at give theirs up. */
function ownHub(): MessagePort {
  const hub = openHub()
  const look = () => (document.visibilityState === 'visible' ? hub.resume() : hub.pause())
  document.addEventListener('visibilitychange', look)
  look()
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = ({ data }: MessageEvent<FromTab>) => hub.take(port1, data)
  return port2
}
