import type { SessionId } from '@rightofway/camara'
import type { Stored } from '../../ports/store/sessions.js'

type Listener = (stored: Stored | undefined) => void

/** Who wants to know of commits to which session. */
export class SessionWatchers {
  readonly #watchers = new Map<SessionId, Set<Listener>>()

  watch(id: SessionId, listener: Listener): () => void {
    const watchers = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, watchers.add(listener))
    return () => {
      watchers.delete(listener)
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id)
    }
  }

  tell(id: SessionId, stored: Stored | undefined): void {
    for (const listener of this.#watchers.get(id) ?? []) listener(stored)
  }
}
