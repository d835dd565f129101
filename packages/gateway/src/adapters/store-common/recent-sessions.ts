import type { SessionId } from '@rightofway/camara'
import type { Stored } from '../../ports/store.js'

/** How many sessions are kept at hand, so that a read soon after a write costs nothing. */
const CAPACITY = 5_000

/** Sessions as last committed, those at hand longest forgotten first. */
export class RecentSessions {
  readonly #sessions = new Map<SessionId, Stored>()

  get(id: SessionId): Stored | undefined {
    return this.#sessions.get(id)
  }

  keep(stored: Stored): void {
    const { id } = stored.session
    this.#sessions.delete(id)
    this.#sessions.set(id, stored)
    if (this.#sessions.size <= CAPACITY) return
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest)
      return
    }
  }

  forget(id: SessionId): void {
    this.#sessions.delete(id)
  }
}
