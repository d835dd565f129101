// A circuit breaker: requests to a network that does not answer are refused at once for a while, instead of waiting for
// their timeouts.

import { NetworkUnreachable } from '../../ports/network.js'
import { NetworkInDoubt, NetworkRefusal } from './door.js'
import { NotSent } from './not-sent.js'

/** Consecutive failures that open it. */
const OPENS_AFTER = 5
/**
 * How long it stays open, in milliseconds: the last one repeats. Well below the time that a session has to be granted,
 * so that a session that is requested during an outage is granted when the outage ends.
 */
const OPEN_MS = [1_000, 2_000, 5_000] as const

export class Circuit {
  readonly #name: string
  readonly #monotonicNow: () => number
  #failures = 0
  #openings = 0
  #openUntil: number | undefined
  #trying = false
  #reason = ''

  /** @param name of the other side, for messages */
  constructor(name: string, monotonicNow: () => number) {
    this.#name = name
    this.#monotonicNow = monotonicNow
  }

  /** Why requests are refused now, except a probe. Undefined: the other side answers. */
  get trouble(): string | undefined {
    if (this.#openUntil === undefined) return undefined
    return `${this.#name} does not answer (${this.#reason}): it is asked again now and then, and its sessions wait`
  }

  /**
   * Sends a request, unless it is open. Once it has been open long enough, one request probes whether to close it.
   * @throws {NotSent} it is open
   */
  async pass<T>(ask: () => Promise<T>): Promise<T> {
    const isTrial = this.#enter()
    try {
      const answer = await ask()
      this.#closed()
      return answer
    } catch (error) {
      if (error instanceof NetworkUnreachable) this.#failed(error, isTrial)
      else if (error instanceof NetworkRefusal || error instanceof NetworkInDoubt) this.#closed()
      throw error
    } finally {
      if (isTrial) this.#trying = false
    }
  }

  /** @throws {NotSent} it is open, and no probe is due */
  check(): void {
    if (this.#openUntil === undefined) return
    const leftMs = this.#openUntil - this.#monotonicNow()
    if (leftMs <= 0 && !this.#trying) return
    throw new NotSent(`${this.#name} is not asked now: ${this.#reason}`, { retryAfterMs: Math.max(100, leftMs) })
  }

  #enter(): boolean {
    this.check()
    if (this.#openUntil === undefined) return false
    this.#trying = true
    return true
  }

  #closed(): void {
    this.#failures = 0
    this.#openings = 0
    this.#openUntil = undefined
  }

  #failed({ message }: Error, isTrial: boolean): void {
    this.#failures++
    this.#reason = message
    if (this.#openUntil === undefined ? this.#failures < OPENS_AFTER : !isTrial) return
    const openMs = OPEN_MS[Math.min(this.#openings, OPEN_MS.length - 1)] as number
    this.#openings++
    this.#openUntil = this.#monotonicNow() + openMs
  }
}
