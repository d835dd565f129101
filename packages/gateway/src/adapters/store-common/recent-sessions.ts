import type { ResourceId } from '@rightofway/camara'
import { LRUCache } from 'lru-cache'
import type { Resource, ResourceOf } from '../../domain/resource.js'
import type { Stored } from '../../ports/store/sessions.js'
import { type SessionRow, toStored } from './rows/sessions.js'

/** How many sessions are cached, so that a read soon after a write costs nothing. */
const CAPACITY = 5_000

/** Sessions and assignments as last committed; the least recently used ones are dropped first. */
export class RecentSessions {
  readonly #sessions = new LRUCache<ResourceId, Stored<Resource>>({ max: CAPACITY })

  get<I extends ResourceId>(id: I): Stored<ResourceOf<I>> | undefined {
    return this.#sessions.get(id) as Stored<ResourceOf<I>> | undefined
  }

  /** The session of a row: the cached object, or one parsed from the text. */
  readonly toStored = <I extends ResourceId>(row: SessionRow<I>): Stored<ResourceOf<I>> => {
    const recent = this.get(row.id)
    return recent?.version === row.version ? recent : toStored(row)
  }

  keep(stored: Stored<Resource>): void {
    this.#sessions.set(stored.session.id, stored)
  }

  forget(id: ResourceId): void {
    this.#sessions.delete(id)
  }
}
