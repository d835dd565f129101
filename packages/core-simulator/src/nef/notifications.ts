// Notifications of a NEF to an application function (TS 29.122 section 5.14.2.1.4).

import type { CoreEvent } from '../events.js'
import { uriOf as appSessionUriOf, DEFAULT_CAUSE } from '../pcf/notifications.js'
import type { Held, Store } from '../state/store.js'
import type { Notification } from '../transport/answer.js'
import { type Dialect, NEF_DIALECTS } from './dialects.js'

export const NEF_ROOT = '/3gpp-as-session-with-qos/v1'

const USER_PLANE_EVENTS: Readonly<Record<CoreEvent, string>> = {
  allocated: 'SUCCESSFUL_RESOURCES_ALLOCATION',
  failed: 'FAILED_RESOURCES_ALLOCATION',
  lost: 'LOSS_OF_BEARER',
  'not-guaranteed': 'QOS_NOT_GUARANTEED',
  guaranteed: 'QOS_GUARANTEED',
  terminated: 'SESSION_TERMINATION',
}

interface Parts {
  readonly store: Store
  readonly base: string
}

/** Hosts that only the operator can reach. */
const INTERNAL = 'http://scef.internal.example:8080'

/** The value of the member that has a document's own location. */
export function selfOf(
  { base }: { base: string },
  { self }: Dialect,
  { owner, id }: Pick<Held, 'owner' | 'id'>,
): string {
  if (self[1] === 'id') return id
  const path = `${NEF_ROOT}/${encodeURIComponent(owner)}/subscriptions/${encodeURIComponent(id)}`
  return (self[1] === 'internal url' ? INTERNAL : base) + path
}

interface Occurrence {
  readonly event: CoreEvent
  /** The cause of a termination, for notifications of N5. */
  readonly cause?: string
}

const destinationOf = ({ document }: Held): string => String(document['notificationDestination'])

/** The notification of an event; undefined: none, because this dialect has none, or nobody subscribed to it. */
export function notificationOf(parts: Parts, held: Held, { event, cause }: Occurrence): Notification | undefined {
  const { dialect: name, notifications } = parts.store.settings
  const dialect = NEF_DIALECTS[name]
  if (!dialect.tells.includes(event)) return undefined
  const { events } = held.document as { events?: readonly string[] }
  const word = USER_PLANE_EVENTS[event]
  // The end is always notified.
  if (event !== 'terminated' && events !== undefined && !events.includes(word)) return undefined
  const url = destinationOf(held)
  const send = { door: 'nef', id: held.id } as const
  if (dialect.speaks === 'N5') {
    const body = { termCause: cause ?? DEFAULT_CAUSE, resUri: appSessionUriOf(parts.base, held.id) }
    return { ...send, url: `${url}/terminate`, body, protocol: notifications.pcf }
  }
  const { qosReference } = held.document as { qosReference?: unknown }
  const applied = typeof qosReference === 'string' && (event === 'allocated' || event === 'not-guaranteed')
  const report = { event: word, ...(applied && { appliedQosRef: qosReference }) }
  const body = { transaction: selfOf(parts, dialect, held), eventReports: [report] }
  return { ...send, url, body, protocol: notifications.nef }
}

/** TS 29.122 section 5.2.5.3: tests whether callbacks arrive. */
export function testNotificationOf(parts: Parts, held: Held): Notification {
  const { dialect, notifications } = parts.store.settings
  const body = { subscription: selfOf(parts, NEF_DIALECTS[dialect], held) }
  return { door: 'nef', id: held.id, url: destinationOf(held), body, protocol: notifications.nef }
}
