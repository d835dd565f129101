import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Namespace } from '../namespaces/namespace.js'
import type { AnswerMessage, OrderName, StationOrders } from './orders.js'

const FROM_SOURCES = import.meta.url.endsWith('.ts')
const STATION = fileURLToPath(
  FROM_SOURCES ? new URL('./station.ts', import.meta.url) : new URL('./station.js', import.meta.url),
)

/** A station, for the process that controls it. */
export class Station {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #number = 0

  private constructor(process: ChildProcess) {
    this.#process = process
    process.on('message', (answer: AnswerMessage) => {
      const waiting = this.#waiting.get(answer.number)
      this.#waiting.delete(answer.number)
      if (answer.error === undefined) waiting?.resolve(answer.result)
      else waiting?.reject(new Error(answer.error))
    })
    process.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the station has ended'))
      this.#waiting.clear()
    })
  }

  /**
   * Starts one. It exits with this process, however this process ends.
   * @param before command line that starts it. Default: none
   */
  static async start(namespace: Namespace, before: readonly string[] = []): Promise<Station> {
    const argv = [...before, process.execPath, ...(FROM_SOURCES ? ['--import', 'tsx'] : []), STATION]
    const child = namespace.spawn(argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`a station did not start (${code})`)))
    })
    child.removeAllListeners('exit')
    return new Station(child)
  }

  /** Sends a command, and resolves with the answer. */
  tell<N extends OrderName>(
    name: N,
    order: Parameters<StationOrders[N]>[0],
  ): Promise<Awaited<ReturnType<StationOrders[N]>>> {
    const number = ++this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (result: unknown) => void, reject })
      this.#process.send({ number, name, order })
    })
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }
}
