import type { SessionId } from '@rightofway/camara'
import { LRUCache } from 'lru-cache'
import type { Stored } from '../../ports/store/sessions.js'
import { type SessionRow, toStored } from './rows/sessions.js'

/** How many sessions are kept at hand, so that a read soon after a write costs nothing. */
const CAPACITY = 5_000

/** Sessions as last committed; those that nobody used longest are forgotten first. */
export class RecentSessions {
  readonly #sessions = new LRUCache<SessionId, Stored>({ max: CAPACITY })

  get(id: SessionId): Stored | undefined {
    return this.#sessions.get(id)
  }

  /** The session of a row: the object we have, or one made of the text. */
  readonly toStored = (row: SessionRow): Stored => {
    const recent = this.get(row.id)
    return recent?.version === row.version ? recent : toStored(row)
  }

  keep(stored: Stored): void {
    this.#sessions.set(stored.session.id, stored)
  }

  forget(id: SessionId): void {
    this.#sessions.delete(id)
  }
}
