import { setTimeout as delay } from 'node:timers/promises'
import type { NetworkId, ReservationId } from '@rightofway/camara'
import { Agent } from 'undici'
import {
  type Answer,
  type DeviceReservation,
  type Held,
  type Network,
  type NetworkCapabilities,
  type NetworkEvent,
  NetworkUnreachable,
  type Reservation,
} from '../../ports/network.js'
import type { Question } from './face.js'

const TIMEOUT_MS = 5_000
/** Before events are requested again. Missed ones are found by reconciliation. */
const RETRY_MS = 200

/** A simulated network in another process (`rightofway simulator`). */
export class RemoteSimulator implements Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities
  readonly #origin: string
  readonly #agent = new Agent({ connections: 64, headersTimeout: TIMEOUT_MS, bodyTimeout: 0 })
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  readonly #closing = new AbortController()
  #listening: Promise<void> | undefined

  /** @param origin its URL, without a path */
  constructor(id: NetworkId, origin: string, capabilities: NetworkCapabilities) {
    this.id = id
    this.capabilities = { ...capabilities, assignments: true }
    this.#origin = origin
  }

  reserve(reservation: Reservation): Promise<Answer> {
    return this.#ask('reserve', [reservation])
  }

  assign(reservation: DeviceReservation): Promise<Answer> {
    return this.#ask('assign', [reservation])
  }

  release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    return this.#ask('release', [id, version])
  }

  list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]> {
    return this.#ask('list', [after ?? null, limit])
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    this.#listening ??= this.#listen()
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#listening
    await this.#agent.destroy()
  }

  async #ask<T>(question: Question, args: readonly unknown[]): Promise<T> {
    let status: number
    let text: string
    try {
      const { statusCode, body } = await this.#agent.request({
        origin: this.#origin,
        path: `/${question}`,
        method: 'POST',
        body: JSON.stringify(args),
      })
      status = statusCode
      text = await body.text()
    } catch (error) {
      throw new NetworkUnreachable(`the simulated network ${this.id} did not answer`, { cause: error })
    }
    if (status !== 200) throw new NetworkUnreachable(`the simulated network ${this.id} answered ${status}: ${text}`)
    return JSON.parse(text) as T
  }

  async #listen(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const { body } = await this.#agent.request({
          origin: this.#origin,
          path: '/events',
          method: 'GET',
          signal,
        })
        let rest = ''
        for await (const chunk of body.setEncoding('utf8')) {
          const lines = (rest + String(chunk)).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) this.#tell(JSON.parse(line) as NetworkEvent)
        }
      } catch {
        // Closed, or disconnected: reconciliation finds missed events.
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  #tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
