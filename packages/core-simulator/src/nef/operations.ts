// AsSessionWithQoS (TS 29.122): T8 and N33, for application functions.

import type { CoreEvent } from '../events.js'
import { mergePatch } from '../merge-patch.js'
import { canonicalAddress, firstAddress } from '../state/addresses.js'
import { guaranteeOfReference, refuseBeyondCapacity } from '../state/capacity.js'
import { pduSessionOf, pduSessionOfGpsi } from '../state/pdu-sessions.js'
import type { Held, Store } from '../state/store.js'
import { type Answer, type Notification, Refusal } from '../transport/answer.js'
import type { Call, Operation } from '../transport/router.js'
import { type Dialect, NEF_DIALECTS, TEST_NOTIFICATION } from './dialects.js'
import { NEF_ROOT, notificationOf, selfOf, testNotificationOf } from './notifications.js'
import type { Subscription } from './schema.js'

export interface NefParts {
  readonly store: Store
  /** Base URL of the core. */
  readonly base: string
  /** Called when something may expire earlier than before. */
  rescheduleExpiry(): void
}

const COLLECTION = `${NEF_ROOT}/{scsAsId}/subscriptions`
const DOCUMENT = `${COLLECTION}/{subscriptionId}`
const JSON_TYPES = ['application/json']
const PATCH_TYPES = ['application/merge-patch+json']

type Occurrence = Parameters<typeof notificationOf>[2]

export function nefOperations(parts: NefParts): Operation[] {
  const { store } = parts
  const dialect = () => NEF_DIALECTS[store.settings.dialect]
  const sayError = (answer: Answer) => dialect().error(answer)
  const ofCollection = { door: 'nef', path: COLLECTION, sayError } as const
  const ofDocument = {
    door: 'nef',
    path: DOCUMENT,
    sayError,
    device: ({ params }: Pick<Call, 'params'>) => store.get('nef', params['subscriptionId'] as string)?.ue,
  } as const
  const find = ({ params }: Call, anybodys = dialect().owners === 'ignored'): Held => {
    const held = store.get('nef', params['subscriptionId'] as string)
    if (held !== undefined && (anybodys || held.owner === params['scsAsId'])) return held
    throw new Refusal(404, { title: 'Not Found', detail: 'There is no such subscription' })
  }

  return [
    {
      ...ofCollection,
      name: 'list',
      method: 'GET',
      handle(call) {
        const { list, owners } = dialect()
        if (typeof list === 'number') throw missing(list, 'POST')
        const { scsAsId } = call.params
        const all = store.list('nef').filter(({ owner }) => owners === 'ignored' || owner === scsAsId)
        const found = all.filter(withAddress(call.query))
        if (found.length === 0 && list === '404 when empty') {
          throw new Refusal(404, { title: 'Not Found', detail: 'There are no active subscriptions' })
        }
        return { status: 200, body: found.map(({ document }) => document) }
      },
    },
    {
      ...ofCollection,
      name: 'create',
      method: 'POST',
      consumes: JSON_TYPES,
      device: ({ body }) => addressOf(body as Subscription | undefined),
      handle: (call) => create(parts, dialect(), call),
    },
    {
      ...ofDocument,
      name: 'read',
      method: 'GET',
      handle(call) {
        const { read } = dialect()
        if (typeof read === 'number') throw missing(read, 'PUT, DELETE')
        return { status: 200, body: find(call).document }
      },
    },
    {
      ...ofDocument,
      name: 'replace',
      method: 'PUT',
      consumes: JSON_TYPES,
      handle(call) {
        const { replace } = dialect()
        if (typeof replace === 'number') throw missing(replace, 'GET, DELETE')
        const held = find(call)
        return change(parts, held, dialect().check(call.body) as Subscription)
      },
    },
    {
      ...ofDocument,
      name: 'modify',
      method: 'PATCH',
      consumes: PATCH_TYPES,
      handle(call) {
        const { modify, checkPatch, check } = dialect()
        if (typeof modify === 'number' || checkPatch === undefined) {
          throw missing(modify === 501 ? 501 : 405, 'GET, PUT, DELETE')
        }
        const held = find(call)
        return change(parts, held, check(mergePatch(held.document, checkPatch(call.body))) as Subscription)
      },
    },
    {
      ...ofDocument,
      name: 'delete',
      method: 'DELETE',
      handle(call) {
        const { owners, deleted } = dialect()
        const { id, document } = find(call, owners !== 'kept apart')
        store.drop('nef', id)
        return deleted === 204 ? { status: 204 } : { status: 200, body: document }
      },
    },
  ]
}

const missing = (status: 405 | 501, allow: string): Refusal =>
  status === 405
    ? new Refusal(405, { title: 'Method Not Allowed' }, { allow })
    : new Refusal(501, { title: 'Not Implemented' })

/** Subscriptions of one of these addresses (query `ip-addrs`). */
function withAddress(query: URLSearchParams): (held: Held) => boolean {
  const text = query.get('ip-addrs')
  if (text === null) return () => true
  try {
    const canonical = (JSON.parse(text) as Record<string, string>[]).flatMap(Object.values).map(canonicalAddress)
    return ({ ue }) => canonical.includes(ue)
  } catch {
    throw new Refusal(400, { title: 'Bad Request', detail: 'ip-addrs must be a JSON array of IpAddr' })
  }
}

/** The canonical address of a subscription that is not yet validated. */
const addressOf = (body: Subscription | undefined): string | undefined =>
  firstAddress(body?.ueIpv4Addr, body?.ueIpv6Addr, body?.ipv4Addr, body?.ipv6Addr)

function create(parts: NefParts, dialect: Dialect, { params, body, fault }: Call): Answer {
  const { store } = parts
  const owner = params['scsAsId'] as string
  const subscription = dialect.check(body) as Subscription
  const ue = bind(store, dialect, subscription)
  refuseUnknownReference(store, dialect, subscription)
  if (dialect.onePerDevice && store.list('nef').some((held) => held.ue === ue)) {
    throw new Refusal(409, { title: 'Conflict', detail: 'The device has an active subscription' })
  }
  const outcome = fault?.kind === 'outcome' ? fault.outcome : store.settings.outcome
  const isGranted = !dialect.status || outcome === 'allocated'
  const wanted = guaranteeOfReference(store.settings, subscription.qosReference)
  if (isGranted) refuseBeyondCapacity(store, dialect.refusal.unknownReference, wanted)
  const held = store.atOnce(() => {
    const id = dialect.newId(store)
    const status = dialect.status && STATUSES[outcome]
    const document = toDocument(parts, dialect, { owner, id }, { ...subscription, ...(status && { status }) })
    const times = { createdAtMs: Date.now(), expiresAtMs: expiryOf(dialect, subscription) }
    const held: Held = { door: 'nef', id, ue, owner, document, ...times }
    store.hold(held)
    return held
  })
  parts.rescheduleExpiry()
  const wantsTest = subscription.requestTestNotification === true && has(held.document, TEST_NOTIFICATION)
  const test = dialect.testNotification && wantsTest ? [testNotificationOf(parts, held)] : []
  const tell = (event: Occurrence['event']): Notification[] => listed(notificationOf(parts, held, { event }))
  const isFirst = fault?.kind === 'callback-first'
  const told = isFirst || outcome === 'none' ? [] : tell(outcome)
  return {
    status: 201,
    headers: { location: locationOf(parts, dialect, held) },
    body: held.document,
    ...(isFirst && { before: tell(fault.event) }),
    after: [...test, ...told],
    ...(fault?.kind === 'lose' && {
      later: { afterMs: fault.afterMs, act: () => occurAtNef(parts, held.id, { event: 'lost' }) ?? [] },
    }),
  }
}

const STATUSES = { allocated: 'ACTIVE', failed: 'FAILED', none: 'PENDING' } as const

const listed = (notification: Notification | undefined): Notification[] =>
  notification === undefined ? [] : [notification]

/** If the document has a bare id, the header has a whole path. */
const locationOf = (parts: NefParts, dialect: Dialect, held: Held): string =>
  dialect.self[1] === 'id' ? selfOf(parts, NEF_DIALECTS.release17, held) : selfOf(parts, dialect, held)

/** Bit of a feature, counted from the lowest, 1 (TS 29.500 section 6.6). */
const bitOf = (feature: number) => 1n << BigInt(feature - 1)
const bitsOf = (features: unknown) => BigInt(`0x0${typeof features === 'string' ? features : ''}`)
const has = (document: Held['document'], feature: number) =>
  (bitsOf(document['supportedFeatures']) & bitOf(feature)) !== 0n

/** A subscription as it is returned: with the members that the core adds. */
function toDocument(
  parts: NefParts,
  dialect: Dialect,
  at: Pick<Held, 'owner' | 'id'>,
  subscription: object & Pick<Subscription, 'supportedFeatures'>,
): Held['document'] {
  const { supportedFeatures } = subscription
  const ours = dialect.testNotification ? bitOf(TEST_NOTIFICATION) : 0n
  const features = (bitsOf(supportedFeatures) & ours).toString(16)
  return {
    ...subscription,
    ...(supportedFeatures !== undefined && { supportedFeatures: features }),
    [dialect.self[0]]: selfOf(parts, dialect, at),
  }
}

/** The device's address. @throws {Refusal} it is missing, given twice where it may not be, or has no session */
function bind(store: Store, dialect: Dialect, subscription: Subscription): string {
  const { gpsi, macAddr, dnn, snssai } = subscription
  const address = addressOf(subscription)
  const { ueIpv4Addr, ueIpv6Addr, ipv4Addr, ipv6Addr } = subscription
  const named = [ueIpv4Addr, ueIpv6Addr, ipv4Addr, ipv6Addr, macAddr, gpsi].filter((name) => name !== undefined)
  if (named.length === 0) throw new Refusal(400, { title: 'Bad Request', detail: 'No device is named' })
  if (dialect.exactlyOneDevice && (named.length > 1 || dnn !== undefined || snssai !== undefined)) {
    const detail = 'Exactly one address names the device, without dnn and snssai'
    throw new Refusal(400, { title: 'Bad Request', detail })
  }
  const session = address === undefined ? pduSessionOfGpsi(store, gpsi ?? '') : pduSessionOf(store, address)
  const ue = session && (address ?? session.ipv4 ?? session.ipv6Prefix?.split('/')[0])
  if (ue !== undefined) return ue
  throw new Refusal(dialect.refusal.noDevice, {
    title: 'Not Found',
    cause: 'PDU_SESSION_NOT_AVAILABLE',
    detail: 'The device has no PDU session',
  })
}

/** Standardized 5QIs (TS 23.501 table 5.7.4-1). */
const isStandardFiveQi = (value: number) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 65, 66, 67, 69, 70, 71, 72, 73, 74, 75, 76, 79, 80].includes(value) ||
  (value >= 82 && value <= 90)

function refuseUnknownReference(
  { settings }: Store,
  dialect: Dialect,
  { qosReference }: { qosReference?: unknown },
): void {
  if (qosReference === undefined) return
  const isKnown =
    typeof qosReference === 'number'
      ? isStandardFiveQi(qosReference)
      : Object.hasOwn(settings.qosReferences, String(qosReference))
  if (isKnown) return
  throw new Refusal(dialect.refusal.unknownReference, {
    title: 'Forbidden',
    cause: 'REQUESTED_SERVICE_NOT_AUTHORIZED',
    detail: `qosReference ${String(qosReference)} is unknown`,
  })
}

function expiryOf({ expiry }: Dialect, { qosDuration, expirationTime }: Subscription): number | undefined {
  if (expiry === 'qosDuration' && qosDuration !== undefined) return Date.now() + qosDuration * 1000
  if (expiry === 'expirationTime' && expirationTime !== undefined) return Date.parse(expirationTime)
  return undefined
}

function change(parts: NefParts, held: Held, subscription: Subscription): Answer {
  const { store } = parts
  const dialect = NEF_DIALECTS[store.settings.dialect]
  const ue = bind(store, dialect, subscription)
  refuseUnknownReference(store, dialect, subscription)
  const { status } = held.document
  const document = toDocument(parts, dialect, held, { ...subscription, ...(status !== undefined && { status }) })
  store.hold({ ...held, ue, document, expiresAtMs: expiryOf(dialect, subscription) })
  parts.rescheduleExpiry()
  return { status: 200, body: document }
}

/**
 * Applies an event to a subscription.
 * @returns the notification; undefined: the event does not exist here, or the subscription no longer does
 */
export function occurAtNef(parts: NefParts, id: string, occurrence: Occurrence): Notification[] | undefined {
  const { store } = parts
  const held = store.get('nef', id)
  if (held === undefined) return undefined
  const dialect = NEF_DIALECTS[store.settings.dialect]
  const { event } = occurrence
  const status = dialect.status ? STATUS_AFTER[event] : undefined
  if (event === 'terminated') {
    if (!dialect.keepsTerminated) store.drop('nef', id)
  } else if (status !== undefined) store.hold({ ...held, document: { ...held.document, status } })
  else if (!dialect.tells.includes(event)) return undefined
  return listed(notificationOf(parts, held, occurrence))
}

const STATUS_AFTER: Readonly<Partial<Record<CoreEvent, string>>> = {
  allocated: 'ACTIVE',
  failed: 'FAILED',
  lost: 'FAILED',
}

/** Ends expired subscriptions. @returns the notifications */
export function expire(parts: NefParts, nowMs: number): Notification[] {
  const { store } = parts
  const over = store.list('nef').filter(({ expiresAtMs }) => expiresAtMs !== undefined && expiresAtMs <= nowMs)
  return over.flatMap((held) => {
    store.drop('nef', held.id)
    return listed(notificationOf(parts, held, { event: 'terminated' }))
  })
}
