// Applications, their keys and their OAuth clients.

import type { ApplicationId, Instant } from '@rightofway/camara'
import type { ClientKeys, Compatibility, OAuthClient } from '../../domain/application.js'
import type { OwnLimits } from '../../domain/limits.js'
import type { Author } from './audit.js'

export interface Application {
  readonly id: ApplicationId
  readonly name: string
  readonly createdAt: Instant
  /** When it was suspended: since then all its credentials are refused. Absent: it is not suspended. */
  readonly suspendedAt?: Instant
  /** Its own limits, where they differ from the defaults. */
  readonly limits?: OwnLimits
}

export interface ApplicationKey {
  /** Public part, by which the key is found. */
  readonly prefix: string
  readonly application: ApplicationId
  /** SHA-256 of the whole key, hexadecimal. */
  readonly hash: string
  readonly name?: string
  /** Absent: all scopes of the APIs served. */
  readonly scopes?: readonly string[]
  readonly compatibility: Compatibility
  /** The key is the secret of an OAuth client whose id is `prefix`. It authenticates no API call itself. */
  readonly client?: OAuthClient
  readonly createdAt: Instant
  readonly expiresAt?: Instant
  readonly revokedAt?: Instant
  /** Real time, to the minute or so. */
  readonly lastUsedAt?: Instant
}

export interface KeyUse {
  readonly prefix: string
  readonly at: Instant
}

export interface ApplicationStore {
  create(application: Application): Promise<void>
  find(id: ApplicationId): Promise<Application | undefined>
  /** In the order of their ids, from behind `after`, `limit` at most. */
  list(after: ApplicationId | undefined, limit: number): Promise<readonly Application[]>
  /** @returns false if there is no such application */
  rename(id: ApplicationId, name: string): Promise<boolean>
  /**
   * Suspends it; undefined: ends the suspension.
   * @returns false if there is no such application
   */
  suspend(id: ApplicationId, at: Instant | undefined): Promise<boolean>
  /**
   * Replaces its own limits; undefined: those of all hold. Recorded.
   * @returns false if there is no such application
   */
  setLimits(id: ApplicationId, limits: OwnLimits | undefined, author: Author): Promise<boolean>
  addKey(key: ApplicationKey): Promise<void>
  findKey(prefix: string): Promise<ApplicationKey | undefined>
  /** The oldest first, from behind the key with the prefix `after`, `limit` at most. */
  keysOf(id: ApplicationId, after: string | undefined, limit: number): Promise<readonly ApplicationKey[]>
  /** @returns false if there is no such key */
  revokeKey(prefix: string, at: Instant): Promise<boolean>
  /**
   * Adds a key that replaces another. The old one is accepted until `endsAt`, or until its own end if that is earlier.
   * @returns false if there is no such key, or it is revoked or expired by `now`; then nothing is added
   */
  replaceKey(prefix: string, by: ApplicationKey, endsAt: Instant, now: Instant): Promise<boolean>
  /**
   * Replaces the public keys of an OAuth client that has some.
   * @returns false if there is no such client, or it has a secret instead
   */
  setClientKeys(prefix: string, keys: ClientKeys): Promise<boolean>
  /** Notes when keys were last used. Watchers are not notified: authentication does not depend on it. */
  noteKeyUses(uses: readonly KeyUse[]): Promise<void>
  /** Calls `listener` whenever something that authentication depends on has changed. */
  watch(listener: () => void): () => void
}
