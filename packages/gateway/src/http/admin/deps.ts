import type { NetworkId } from '@rightofway/camara'
import type { AssertionKeys } from '../../auth/secrets/assertion-keys.js'
import type { Users } from '../../auth/users/users.js'
import type { QueueId, QueueState } from '../../domain/queue.js'
import type { Health } from '../../observability/health.js'
import type { Differences } from '../../ports/network.js'
import type { PublicUrl } from '../../ports/public-url.js'
import type { Deps } from '../../usecases/deps.js'
import type { LiveSessions } from '../../views/live-sessions.js'

/** The dependencies of the admin API. */
export interface AdminDeps extends Deps {
  readonly health: Health
  /** The state of delivery queues. */
  readonly queues: { state(queue: QueueId): QueueState }
  readonly assertionKeys: AssertionKeys
  /** The view of sessions for session streams. */
  readonly liveSessions: LiveSessions
  readonly users: Users
  readonly sandbox: boolean
  /** Base URL of this gateway as applications know it. */
  readonly publicUrl: PublicUrl
  /** One round of reconciliation; undefined if there is no such network. */
  readonly reconcile: (network: NetworkId) => Promise<Differences | undefined>
}
