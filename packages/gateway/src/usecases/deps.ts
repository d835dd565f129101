import type { AssignmentId, Instant, Seconds, SessionId } from '@rightofway/camara'
import type { Secrets } from '../auth/secrets/keyring.js'
import type { ConflictRule } from '../domain/conflict.js'
import type { Clock } from '../ports/clock.js'
import type { DeviceDirectory } from '../ports/device-directory.js'
import type { Store } from '../ports/store/store.js'
import type { LimitsCache } from '../views/limits-cache.js'
import type { Networks } from '../views/networks.js'

/** What an operator has decided about sessions and assignments. */
export interface Policy {
  /** No session is longer, whatever its profile says. */
  readonly durationCeiling: Seconds
  readonly conflictRule: ConflictRule
  /** The network has that long to grant one. */
  readonly setUpTimeout: Seconds
  /** A create, or a revocation, waits at most that long (real time) for the network before it is answered. */
  readonly createHoldMs: number
  /** An extension waits at most that long (real time) for a session that is still REQUESTED. */
  readonly extendHoldMs: number
}

/** Refuses a sink that events cannot or must not be sent to. */
export interface SinkPolicy {
  /**
   * @returns name and port of its host, in one spelling
   * @throws {QodError} `INVALID_SINK`
   */
  check(url: string): string
}

/** What every use case works with. */
export interface Deps {
  readonly store: Store
  readonly directory: DeviceDirectory
  readonly networks: Networks
  readonly clock: Clock
  readonly secrets: Secrets
  readonly sinks: SinkPolicy
  readonly limits: Pick<LimitsCache, 'of'>
  readonly policy: Policy
  readonly newSessionId: (now: Instant) => SessionId
  readonly newAssignmentId: (now: Instant) => AssignmentId
  /** Milliseconds since the epoch that no sandbox moves. */
  readonly realNow: () => number
  /** Told of a session whose sink has an access token that expires before it does. */
  readonly onShortToken: (id: SessionId) => void
}
