// QoS profiles as operators changed them.

import type { OperatorProfile } from '../../domain/availability.js'
import type { Author } from './audit.js'

/** Changes are recorded. */
export interface ProfileStore {
  find(name: string): Promise<OperatorProfile | undefined>
  /** By name, from behind the name `after`, `limit` at most. */
  list(after: string | undefined, limit: number): Promise<readonly OperatorProfile[]>
  put(profile: OperatorProfile, author: Author): Promise<void>
  /** @returns false if there is no such profile */
  delete(name: string, author: Author): Promise<boolean>
}
