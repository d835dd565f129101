import type { ResourceId } from '@rightofway/camara'
import type { Resource, ResourceOf } from '../../domain/resource.js'
import type { Stored } from '../../ports/store/sessions.js'

type Listener<I extends ResourceId> = (stored: Stored<ResourceOf<I>> | undefined) => void

/** Listeners to commits, by session or assignment. */
export class SessionWatchers {
  readonly #watchers = new Map<ResourceId, Set<Listener<ResourceId>>>()

  watch<I extends ResourceId>(id: I, listener: Listener<I>): () => void {
    const watchers = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, watchers.add(listener as Listener<ResourceId>))
    return () => {
      watchers.delete(listener as Listener<ResourceId>)
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id)
    }
  }

  tell(id: ResourceId, stored: Stored<Resource> | undefined): void {
    for (const listener of this.#watchers.get(id) ?? []) listener(stored)
  }
}
