// What was granted for a time: codes, consents, subjects.

import type { Instant } from '@rightofway/camara'
import type { Ciphertext } from './secrets.js'

/** Something granted for a time: a code, a request that waits for consent, whom a subject stands for. */
export interface GrantRecord {
  readonly id: string
  /** What it says, for the keyring to open. */
  readonly body: Ciphertext
  /** Name of those that end together. */
  readonly group?: string
  /** Real time. Absent: until it is deleted. */
  readonly expiresAt?: Instant
}

export interface GrantStore {
  /** Undefined if there is none, or if it has expired by `realNow`. */
  find(id: string, realNow: Instant): Promise<GrantRecord | undefined>
  /** Adds it, or replaces the one of that id. */
  put(grant: GrantRecord): Promise<void>
  /** Adds it. @returns false if there is one of that id: of several who add it at once, one is told true */
  add(grant: GrantRecord): Promise<boolean>
  /** Deletes it, if it is there. */
  delete(id: string): Promise<void>
  /** Deletes all of a group, and tells who watches, also where there was none. */
  deleteGroup(group: string): Promise<void>
  /** Calls `listener` when a group was deleted. Returns the function that stops it. */
  watch(listener: () => void): () => void
}
