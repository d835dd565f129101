// What the gateway keeps. One interface for each kind of thing; a Store is all of them over one database.

import type { Instant } from '@rightofway/camara'
import type { ApplicationStore } from './applications.js'
import type { AuditStore, ChangeStore } from './audit.js'
import type { DeviceStore } from './devices.js'
import type { EventStore } from './events.js'
import type { GatewayStore } from './gateways.js'
import type { GrantStore } from './grants.js'
import type { ProfileStore } from './profiles.js'
import type { RemoteReservationStore } from './remote-reservations.js'
import type { Ciphertext } from './secrets.js'
import type { SessionStore } from './sessions.js'
import type { SettingStore } from './settings.js'
import type { SinkCredentialStore } from './sink-credentials.js'
import type { UserStore } from './users.js'
import type { WorkStore } from './work.js'

export interface Store {
  readonly gateways: GatewayStore
  readonly sessions: SessionStore
  readonly work: WorkStore
  readonly events: EventStore
  readonly applications: ApplicationStore
  readonly grants: GrantStore
  readonly sinkCredentials: SinkCredentialStore
  readonly devices: DeviceStore
  readonly profiles: ProfileStore
  readonly users: UserStore
  readonly audit: AuditStore
  readonly changes: ChangeStore
  readonly settings: SettingStore
  readonly remoteReservations: RemoteReservationStore
  /**
   * Forgets what nobody needs any longer: idempotency records after 24 h (and not before their session), grants that
   * have expired, who had an address when no session can still be about it, what networks were asked for when they hold
   * nothing of it and no message about it can still be on its way, and events after `historyMs`, but for those that
   * still wait for their delivery. In small commits: others come in between.
   */
  tidy(now: Instant, realNow: Instant, historyMs: number): Promise<void>
  /**
   * Replaces every secret at rest that does not begin with `unless`, in small commits.
   * @param rewrite must return one that does; what it throws ends the work
   * @returns how many
   */
  rewriteSecrets(unless: string, rewrite: (old: Ciphertext) => Ciphertext): Promise<number>
  /** Rejects with {@link StoreUnavailable} if it cannot be written. */
  ping(): Promise<void>
  close(): Promise<void>
}
