// A sink client in a thread of its own. TLS, HTTP and names take more time than all else that an event needs: in the thread
// that answers applications and fires timers they would delay all other work.

import { Worker } from 'node:worker_threads'
import type { Log } from '../ports/log.js'
import type { SinkAnswer, SinkClient, SinkRequest } from './sink-client.js'
import type { SinkClientOptions } from './sink-client-options.js'

export interface Posted {
  readonly id: number
  readonly request: SinkRequest
}

export interface Answered {
  readonly id: number
  readonly reply: SinkAnswer
}

const THREAD = new URL('./sink-client-thread.js', import.meta.url)

export class ThreadedSinkClient implements SinkClient {
  readonly #options: SinkClientOptions
  readonly #log: Log
  #worker: Worker
  #lastId = 0
  readonly #waiting = new Map<number, (reply: SinkAnswer) => void>()
  #posting: Posted[] = []
  #closed = false

  constructor(options: SinkClientOptions, log: Log) {
    this.#options = options
    this.#log = log
    this.#worker = this.#start()
  }

  send(request: SinkRequest): Promise<SinkAnswer> {
    return new Promise((resolve) => {
      const id = ++this.#lastId
      this.#waiting.set(id, resolve)
      this.#posting.push({ id, request })
      // What is sent in one turn goes in one message.
      if (this.#posting.length === 1) queueMicrotask(() => this.#post())
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#worker.terminate()
  }

  #post(): void {
    // As text: cloning objects takes longer.
    this.#worker.postMessage(JSON.stringify(this.#posting))
    this.#posting = []
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { workerData: this.#options, name: 'sink-client' })
    worker.on('message', (answered: string) => {
      for (const { id, reply } of JSON.parse(answered) as Answered[]) {
        this.#waiting.get(id)?.(reply)
        this.#waiting.delete(id)
      }
    })
    worker.on('error', (error) => this.#log.error({ err: error }, 'the thread that delivers events failed'))
    worker.on('exit', () => {
      if (!this.#closed) this.#worker = this.#start()
      for (const resolve of this.#waiting.values()) resolve({ failure: 'not reached: the gateway failed' })
      this.#waiting.clear()
    })
    return worker
  }
}
