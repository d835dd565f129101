// Npcf_PolicyAuthorization (TS 29.514): N5, for application functions.

import { mergePatch } from '../merge-patch.js'
import { firstAddress } from '../state/addresses.js'
import { guaranteeOf, refuseBeyondCapacity } from '../state/capacity.js'
import { pduSessionOf } from '../state/pdu-sessions.js'
import type { Held, PduSession, Store } from '../state/store.js'
import { type Answer, type Notification, Refusal } from '../transport/answer.js'
import type { Call, Operation } from '../transport/router.js'
import { checkOf } from '../transport/validator.js'
import { PCF_CORES, type PcfCore } from './cores.js'
import { notificationOf, PCF_ROOT, requestOf, uriOf } from './notifications.js'
import { AppSessionContext, AppSessionContextUpdateDataPatch, type AscReqData, EventsSubscReqData } from './schema.js'

export interface PcfParts {
  readonly store: Store
  /** Base URL of the core. */
  readonly base: string
}

const COLLECTION = `${PCF_ROOT}/app-sessions`
const DOCUMENT = `${COLLECTION}/{appSessionId}`
const SUBSCRIPTION = `${DOCUMENT}/events-subscription`
const JSON_TYPES = ['application/json']
/** The specification requires a merge patch. Cores take JSON as well. */
const PATCH_TYPES = ['application/merge-patch+json', ...JSON_TYPES]

const INVALID = 'INVALID_SERVICE_INFORMATION'
const checkContext = checkOf(AppSessionContext, INVALID)
const checkPatch = checkOf(AppSessionContextUpdateDataPatch, INVALID)
const checkSubscription = checkOf(EventsSubscReqData, INVALID)

type Occurrence = Parameters<typeof notificationOf>[2]

export function pcfOperations(parts: PcfParts): Operation[] {
  const { store } = parts
  const core = () => PCF_CORES[store.settings.core]
  const find = ({ params }: Pick<Call, 'params'>): Held => {
    const held = store.get('pcf', params['appSessionId'] as string)
    if (held !== undefined) return held
    throw new Refusal(404, {
      title: 'Not Found',
      cause: 'APPLICATION_SESSION_CONTEXT_NOT_FOUND',
      detail: 'There is no such application session context',
    })
  }
  const ofDocument = {
    door: 'pcf',
    path: DOCUMENT,
    device: ({ params }: Pick<Call, 'params'>) => store.get('pcf', params['appSessionId'] as string)?.ue,
  } as const
  const ofSubscription = { ...ofDocument, path: SUBSCRIPTION } as const

  return [
    {
      door: 'pcf',
      name: 'create',
      method: 'POST',
      path: COLLECTION,
      consumes: JSON_TYPES,
      device: ({ body }) => ueOf((body as { ascReqData?: AscReqData } | undefined)?.ascReqData),
      handle: (call) => create(parts, core(), call),
    },
    {
      ...ofDocument,
      name: 'read',
      method: 'GET',
      handle(call) {
        const { document } = find(call)
        if (core().isReadable) return { status: 200, body: document }
        throw new Refusal(405, { title: 'Method Not Allowed' }, { allow: 'POST, PATCH' })
      },
    },
    {
      ...ofDocument,
      name: 'modify',
      method: 'PATCH',
      consumes: PATCH_TYPES,
      handle: (call) => modify(parts, core(), find(call), call),
    },
    {
      ...ofDocument,
      name: 'delete',
      method: 'POST',
      path: `${DOCUMENT}/delete`,
      consumes: JSON_TYPES,
      bodyIsOptional: true,
      handle(call) {
        const held = find(call)
        if (core().checksDelete && call.body !== undefined) checkSubscription(call.body)
        store.drop('pcf', held.id)
        return { status: 204 }
      },
    },
    {
      ...ofSubscription,
      name: 'subscribe',
      method: 'PUT',
      consumes: JSON_TYPES,
      handle(call) {
        const held = find(call)
        refuseWithout(core(), call)
        const evSubsc = checkSubscription(call.body)
        const before = requestOf(held)
        store.hold({ ...held, document: { ...held.document, ascReqData: { ...before, evSubsc } } })
        if (before.evSubsc !== undefined) return { status: 200, body: evSubsc }
        return {
          status: 201,
          headers: { location: `${uriOf(parts.base, held.id)}/events-subscription` },
          body: evSubsc,
        }
      },
    },
    {
      ...ofSubscription,
      name: 'unsubscribe',
      method: 'DELETE',
      handle(call) {
        const held = find(call)
        refuseWithout(core(), call)
        const { evSubsc, ...ascReqData } = requestOf(held)
        if (evSubsc === undefined) throw new Refusal(404, { title: 'Not Found', detail: 'There is no subscription' })
        store.hold({ ...held, document: { ...held.document, ascReqData } })
        return { status: 204 }
      },
    },
  ]
}

function refuseWithout({ hasEventsSubscription }: PcfCore, { params }: Call): void {
  if (hasEventsSubscription) return
  throw new Refusal(404, { title: 'Not Found', detail: `${params['appSessionId']} has no events-subscription here` })
}

/** The canonical address of a request that is not yet validated. */
const ueOf = (request: Partial<AscReqData> | undefined): string | undefined =>
  firstAddress(request?.ueIpv4, request?.ueIpv6)

function create(parts: PcfParts, core: PcfCore, { body, fault }: Call): Answer {
  const { store, base } = parts
  const context = checkContext(body)
  const request = context.ascReqData
  if (request === undefined) {
    throw new Refusal(400, {
      title: 'Bad Request',
      cause: INVALID,
      detail: '/ascReqData is missing',
      invalidParams: [{ param: '/ascReqData', reason: 'is missing' }],
    })
  }
  const ue = ueOf(request)
  const session = ue === undefined ? undefined : bind(parts, core, request, ue)
  if (ue === undefined || session === undefined) throw core.noPduSession()
  const held = store.atOnce(() => {
    const id = core.newId(store, session)
    // A request that cannot become rules is refused, and leaves no state.
    const rules = core.rules({ settings: store.settings, appSessionId: id, request })
    refuseBeyondCapacity(store, 403, guaranteeOf(rules))
    const suppFeat = '0'
    const document = {
      ...context,
      ascReqData: { ...request, suppFeat },
      ...(core.isReadable && { ascRespData: { suppFeat } }),
    }
    const held: Held = { door: 'pcf', id, ue, owner: '', document, createdAtMs: Date.now(), expiresAtMs: undefined }
    store.hold(held)
    return held
  })
  const tell = (event: Occurrence['event']): Notification[] =>
    [notificationOf(parts, held, { event })].filter((notification) => notification !== undefined)
  const outcome = fault?.kind === 'outcome' ? fault.outcome : store.settings.outcome
  return {
    status: 201,
    headers: { location: uriOf(base, held.id) },
    body: held.document,
    ...(fault?.kind === 'callback-first' && { before: tell(fault.event) }),
    ...(fault?.kind !== 'callback-first' && outcome !== 'none' && { after: tell(outcome) }),
    ...(fault?.kind === 'lose' && {
      later: { afterMs: fault.afterMs, act: () => occurAtPcf(parts, held.id, { event: 'lost' }) ?? [] },
    }),
  }
}

/** The PDU session of a request; undefined if there is none. */
function bind({ store }: PcfParts, core: PcfCore, request: AscReqData, ue: string): PduSession | undefined {
  const session = pduSessionOf(store, ue)
  if (session === undefined) return undefined
  if (request.supi === undefined) return core.wantsSupi ? undefined : session
  return request.supi === session.supi ? session : undefined
}

function modify({ store }: PcfParts, core: PcfCore, held: Held, { body }: Call): Answer {
  const { ascReqData: patch } = checkPatch(body)
  if (core.modifyAnswers === 'patch' && patch?.medComponents === undefined) {
    throw new Refusal(400, { title: 'No AscUpdateData->MediaComponent' })
  }
  const { ascReqData } = checkContext({ ascReqData: mergePatch(requestOf(held), patch ?? {}) })
  const request = ascReqData as AscReqData
  core.rules({ settings: store.settings, appSessionId: held.id, request })
  const document = { ...held.document, ascReqData: request }
  store.hold({ ...held, document })
  return { status: 200, body: core.modifyAnswers === 'patch' ? body : document }
}

/**
 * Applies an event to a context.
 * @returns the notification; undefined: this core has none, or the context no longer exists
 */
export function occurAtPcf(parts: PcfParts, id: string, occurrence: Occurrence): Notification[] | undefined {
  const { store } = parts
  const held = store.get('pcf', id)
  const told = held && notificationOf(parts, held, occurrence)
  if (told === undefined) return undefined
  const ends = told.url.endsWith('/terminate')
  if (ends && !PCF_CORES[store.settings.core].keepsTerminated) store.drop('pcf', id)
  return [told]
}
