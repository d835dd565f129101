import { randomUUID } from 'node:crypto'
import type { createSession } from '@rightofway/camara/schemas'
import { LRUCache } from 'lru-cache'
import { canonicalJson } from '../../usecases/resources/canonical-json.js'
import type { RouteRequest } from '../route.js'

/** Creates whose answers did not arrive. Further ones are treated as new creates. */
const REMEMBERED = 10_000

/** Nokia's clients repeat requests after these, for the same session. */
const retried = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * Tells a repeated create, whose answer did not arrive or was an error, from a second equal create: Nokia's clients
 * repeat requests and send no Idempotency-Key. A create keeps its key until its answer has arrived; the next equal one
 * gets another.
 */
export class CreateAttempts {
  readonly #keys = new LRUCache<string, string>({ max: REMEMBERED })

  /** The Idempotency-Key of a create. Call it before the answer. */
  keyOf(request: Pick<RouteRequest<typeof createSession>, 'caller' | 'body' | 'whenAnswered'>): string {
    const name = `${request.caller.application} ${canonicalJson(request.body)}`
    const key = this.#keys.get(name) ?? `nokia-${randomUUID()}`
    this.#keys.set(name, key)
    request.whenAnswered((status) => {
      if (!retried(status) && this.#keys.get(name) === key) this.#keys.delete(name)
    })
    return key
  }
}
