// Notifications of a PCF to an application function (TS 29.514 sections 4.2.4 and 4.2.5).

import type { CoreEvent } from '../events.js'
import type { Held, Store } from '../state/store.js'
import type { Notification } from '../transport/answer.js'
import { PCF_CORES } from './cores.js'
import type { AscReqData, EventsSubscReqData } from './schema.js'

export const PCF_ROOT = '/npcf-policyauthorization/v1'

export const uriOf = (base: string, id: string): string => `${base}${PCF_ROOT}/app-sessions/${encodeURIComponent(id)}`

export const requestOf = ({ document }: Held): AscReqData => document['ascReqData'] as AscReqData

/** The cause of a termination, unless another one is given. */
export const DEFAULT_CAUSE = 'PDU_SESSION_TERMINATION'

const AF_EVENTS: Readonly<Record<Exclude<CoreEvent, 'terminated'>, string>> = {
  allocated: 'SUCCESSFUL_RESOURCES_ALLOCATION',
  failed: 'FAILED_RESOURCES_ALLOCATION',
  lost: 'FAILED_RESOURCES_ALLOCATION',
  'not-guaranteed': 'QOS_NOTIF',
  guaranteed: 'QOS_NOTIF',
}

export interface Occurrence {
  readonly event: CoreEvent
  /** The cause of a termination. */
  readonly cause?: string
}

/**
 * The notification of an event; undefined: none, because this core has none, or nobody subscribed to it. A lost bearer
 * ends the context if nobody subscribed to the loss.
 */
export function notificationOf(
  { store, base }: { store: Store; base: string },
  held: Held,
  { event, cause }: Occurrence,
): Notification | undefined {
  const core = PCF_CORES[store.settings.core]
  if (!core.tells.includes(event)) return undefined
  const uri = uriOf(base, held.id)
  const send = { door: 'pcf', id: held.id, protocol: store.settings.notifications.pcf } as const
  const subscription = event === 'terminated' ? undefined : subscriptionTo(core.hasEventsSubscription, held, event)
  if (subscription !== undefined) {
    const body = {
      evSubsUri: `${uri}/events-subscription`,
      ...toEvents(held, event as Exclude<CoreEvent, 'terminated'>),
    }
    return { ...send, url: `${subscription}/notify`, body }
  }
  if (event !== 'terminated' && event !== 'lost') return undefined
  const termCause = cause ?? (event === 'lost' ? 'INSUFFICIENT_QOS_FLOW_RESOURCES' : DEFAULT_CAUSE)
  return { ...send, url: `${requestOf(held).notifUri}/terminate`, body: { termCause, resUri: uri } }
}

/** The URI to which an event is notified, if it was subscribed to. */
function subscriptionTo(isPlayed: boolean, held: Held, event: Exclude<CoreEvent, 'terminated'>): string | undefined {
  const { evSubsc, notifUri } = requestOf(held) as AscReqData & { evSubsc?: EventsSubscReqData }
  if (!isPlayed || !evSubsc?.events.some((wanted) => wanted.event === AF_EVENTS[event])) return undefined
  return evSubsc.notifUri ?? notifUri
}

function toEvents(held: Held, event: Exclude<CoreEvent, 'terminated'>): object {
  const components = Object.values(requestOf(held).medComponents ?? {})
  const flows = components.map(({ medCompN }) => ({ medCompN }))
  const about = flows.length > 0 ? { flows } : {}
  const evNotifs = [{ event: AF_EVENTS[event], ...about }]
  switch (event) {
    case 'allocated':
      return { evNotifs, succResourcAllocReports: [{ mcResourcStatus: 'ACTIVE', ...about }] }
    case 'failed':
    case 'lost':
      return { evNotifs, failedResourcAllocReports: [{ mcResourcStatus: 'INACTIVE', ...about }] }
    case 'not-guaranteed':
      return { evNotifs, qncReports: [{ notifType: 'NOT_GUARANTEED', ...about }] }
    case 'guaranteed':
      return { evNotifs, qncReports: [{ notifType: 'GUARANTEED', ...about }] }
  }
}
