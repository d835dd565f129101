import { randomUUID } from 'node:crypto'
import type { ApplicationId } from '@rightofway/camara'
import type { FastifyReply } from 'fastify'
import { canonicalJson } from '../../usecases/sessions/canonical-json.js'

/** Creates whose answers did not arrive. More than that at once is not a hiccup, and is answered like anything else. */
const REMEMBERED = 10_000

/** After these a client of theirs asks again by itself, and means the same session. */
const retried = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * Tells a create that is asked for again, since its answer did not arrive or was none, from one that is asked for twice:
 * Nokia's clients repeat requests and send no Idempotency-Key. Each gets a key until its answer has arrived; the next
 * equal one gets another.
 */
export class CreateAttempts {
  readonly #keys = new Map<string, string>()

  /** The Idempotency-Key of a create. To be called before it is answered. */
  keyOf(application: ApplicationId, body: object, reply: FastifyReply): string {
    const name = `${application} ${canonicalJson(body)}`
    const key = this.#keys.get(name) ?? `nokia-${randomUUID()}`
    this.#keys.delete(name)
    this.#keys.set(name, key)
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= REMEMBERED) break
      this.#keys.delete(oldest)
    }
    // Not told when the connection went before the answer had been handed over.
    reply.raw.once('finish', () => {
      if (!retried(reply.raw.statusCode) && this.#keys.get(name) === key) this.#keys.delete(name)
    })
    return key
  }
}
