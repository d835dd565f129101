// What was granted for a time: codes, consents, subjects.

import type { Instant } from '@rightofway/camara'
import type { Ciphertext } from './secrets.js'

/** Something granted for a time: a code, a request that waits for consent, whom a subject stands for. */
export interface GrantRecord {
  readonly id: string
  /** Its contents, encrypted with the keyring. */
  readonly body: Ciphertext
  /** Name of a group of grants that are deleted together. */
  readonly group?: string
  /** Real time. Absent: until it is deleted. */
  readonly expiresAt?: Instant
}

export interface GrantStore {
  /** Undefined if there is none, or if it has expired by `realNow`. */
  find(id: string, realNow: Instant): Promise<GrantRecord | undefined>
  /** Adds it, or replaces the one of that id. */
  put(grant: GrantRecord): Promise<void>
  /** Adds it. @returns false if the id exists: of several concurrent calls, one gets true */
  add(grant: GrantRecord): Promise<boolean>
  /** Deletes it, if it is there. */
  delete(id: string): Promise<void>
  /** Deletes all of a group, and notifies watchers even if the group was empty. */
  deleteGroup(group: string): Promise<void>
  /** Calls `listener` when a group was deleted. Returns the function that stops it. */
  watch(listener: () => void): () => void
}
