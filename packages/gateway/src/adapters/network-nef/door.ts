// A NEF or SCEF as a network (AsSessionWithQoS, TS 29.122 section 5.14): its subscriptions are our reservations. Most
// do not expire; its dialect defines which requests it supports.

import { type Instant, instant, type ReservationId } from '@rightofway/camara'
import { addressPairs } from '../../domain/flow.js'
import type { Clock } from '../../ports/clock.js'
import type { Reservation } from '../../ports/network.js'
import { type ApiAnswer, type ApiClient, refusal } from '../network-api/client.js'
import {
  type Attempt,
  type Door,
  type Found,
  type Made,
  type Message,
  NetworkInDoubt,
  type Standing,
} from '../network-api/door.js'
import {
  type CoreDoorOptions,
  deviceOf,
  type FlowPart,
  joinIds,
  type PartApi,
  partsByFamily,
  WholeFlow,
} from '../network-api/families.js'
import { hasPortRanges, rulePairs } from '../network-api/filter-rules.js'
import { lastSegment, wordsOf } from '../network-api/words.js'
import { NEF_DIALECT, type NefDialect, type NefDialectName } from './dialects.js'

export interface NefDoorOptions extends CoreDoorOptions {
  readonly client: Pick<ApiClient, 'ask' | 'close'>
  readonly clock: Clock
  readonly monotonicNow: () => number
  readonly dialect: NefDialectName
  /** Our id at the NEF (scsAsId). */
  readonly scsAsId: string
  /** `qosReference` by the names of our profiles. A profile that is absent has the same name there. */
  readonly qosReferences: Readonly<Record<string, string>>
  /** The attempt of a reservation for which a URL was issued. */
  readonly attemptOf: (url: string, reservation: ReservationId) => number | undefined
}

/** A subscription in its answers, as far as it is read. */
interface Subscription {
  readonly self?: unknown
  readonly link?: unknown
  readonly notificationDestination?: unknown
  readonly status?: unknown
  readonly supportedFeatures?: unknown
}

const ROOT = '/3gpp-as-session-with-qos/v1'
/** No subscription has this id: a NEF that answers that there is none is reachable. */
const NO_SUBSCRIPTION = 'none'
/** How much later than we it may end a subscription. */
const BELT_MS = 30_000
/** Feature 2 of the API: Notification_test_event. */
const TEST_NOTIFICATION = '2'
/** A list may contain all subscriptions of a network. */
const MAX_LIST_BYTES = 67_108_864
/** The first flow of the first media component. */
const FIRST_FLOW = 0x10001
/** Between two look-ups of what may end without a notification. */
const UNTOLD_MS = 20_000
/** Timeout of a test notification. */
const TEST_MS = 30_000

/** Events after which nothing is held for us, even if the subscription remains (TS 29.122 section 5.14.2.2.3). */
const LOSSES: readonly string[] = [
  'SESSION_TERMINATION',
  'LOSS_OF_BEARER',
  'RELEASE_OF_BEARER',
  'FAILED_RESOURCES_ALLOCATION',
]
const SUCCESS = 'SUCCESSFUL_RESOURCES_ALLOCATION'

export class NefDoor implements Door {
  readonly #options: NefDoorOptions
  readonly #dialect: NefDialect
  readonly #whole: WholeFlow
  readonly parts: WholeFlow
  readonly find?: NonNullable<Door['find']>
  readonly look?: NonNullable<Door['look']>
  readonly move?: NonNullable<Door['move']>
  readonly lookEveryMs?: number
  /** When the first test notification was negotiated, if none has come since. */
  #untested: number | undefined

  constructor(options: NefDoorOptions) {
    this.#options = options
    const dialect = NEF_DIALECT[options.dialect]
    this.#dialect = dialect
    const api: PartApi = {
      ask: (reservation, part, until, attempt) => this.#ask(reservation, part, until, attempt),
      find: (reservation) => this.#find(reservation),
      look: (id) => this.#look(id),
      move: (id, _, until) => this.#move(id, until),
      end: (id) => this.#end(id),
    }
    const whole = new WholeFlow(options.name, api, (reservation) => this.#partsOf(reservation))
    this.#whole = whole
    this.parts = whole
    if (dialect.list !== undefined) this.find = (reservation, attempt) => whole.find(reservation, attempt)
    if (dialect.reads) this.look = (remoteId) => whole.look(remoteId)
    if (!dialect.tellsEnd) this.lookEveryMs = UNTOLD_MS
    if (dialect.expiry !== undefined) this.move = (remoteId, from, until) => whole.move(remoteId, from, until)
  }

  objection(reservation: Reservation): string | undefined {
    const { name, portRanges, dialect } = this.#options
    const { flow, profile } = reservation
    if (addressPairs(flow).length === 0) return 'device and server have no address family in common'
    if (this.#dialect.flows && !portRanges && hasPortRanges(flow)) {
      return `${name} takes single ports, and no ranges of ports`
    }
    if (this.#dialect.numericReference && !/^[0-9]{1,3}$/.test(this.#reference(profile))) {
      return `the profile ${profile} has no qosReference for ${name}: one of ${dialect} is a 5QI, a number`
    }
    return undefined
  }

  wish(reservation: Reservation): string {
    return JSON.stringify(this.#partsOf(reservation).map((part) => this.#asked(reservation, part)))
  }

  ask(reservation: Reservation, until: Instant | undefined, attempt: Attempt): Promise<Made> {
    return this.#whole.ask(reservation, until, attempt)
  }

  end(remoteId: string): Promise<void> {
    return this.#whole.end(remoteId)
  }

  async ping(): Promise<void> {
    const answer = await this.#options.client.ask({ method: 'GET', path: this.#path(NO_SUBSCRIPTION) })
    if (answer.status === 401 || answer.status === 403) throw this.#refusal(answer)
  }

  get trouble(): string | undefined {
    const { name, monotonicNow } = this.#options
    if (this.#untested === undefined || monotonicNow() - this.#untested < TEST_MS) return undefined
    return (
      `no message of ${name} arrives: it has promised a test notification, and none has come; see whether it can reach ` +
      'callbacks.url'
    )
  }

  read(body: unknown, suffix: string): Message | undefined {
    const { subscription, transaction, eventReports, termCause } = (body ?? {}) as Readonly<Record<string, unknown>>
    this.#untested = undefined
    // In the form of N5: the NEF has handed our URL to the PCF. Its `resUri` is the PCF's.
    if (suffix === '/terminate') return { standing: { state: 'ended', reason: wordsOf(termCause), remains: true } }
    if (typeof subscription === 'string') return { remoteId: joinIds([lastSegment(subscription)]), confirms: true }
    if (!Array.isArray(eventReports)) return undefined
    const events = eventReports.map((report: unknown) => (report as { event?: unknown } | null)?.event)
    const about = typeof transaction === 'string' ? { remoteId: joinIds([lastSegment(transaction)]) } : {}
    const loss = events.find((event) => typeof event === 'string' && LOSSES.includes(event))
    if (loss !== undefined) return { ...about, standing: { state: 'ended', reason: wordsOf(loss), remains: true } }
    if (this.#options.grant === 'onAllocated' && events.includes(SUCCESS)) {
      return { ...about, standing: { state: 'granted' } }
    }
    return { ...about, confirms: true }
  }

  close(): Promise<void> {
    return this.#options.client.close()
  }

  // --- one subscription ---

  async #ask(
    reservation: Reservation,
    part: FlowPart,
    until: Instant | undefined,
    { callbackUrl }: Attempt,
  ): Promise<Made> {
    const { clock, client, name } = this.#options
    const { testNotification, expiry } = this.#dialect
    const end = instant((until ?? clock.now() + reservation.duration * 1000) + BELT_MS)
    const answer = await client.ask({
      method: 'POST',
      path: this.#path(),
      body: {
        notificationDestination: callbackUrl,
        ...(testNotification && { supportedFeatures: TEST_NOTIFICATION, requestTestNotification: true }),
        ...this.#asked(reservation, part),
        ...this.#expiry(end),
      },
    })
    if (answer.status !== 201) throw this.#refusal(answer, { conflict: answer.status === 409 })
    const document = (answer.body ?? {}) as Subscription
    const url = [answer.location, document.self, document.link].find((text) => typeof text === 'string') as string
    const remoteId = lastSegment(url ?? '')
    if (remoteId === '') throw new NetworkInDoubt(`${name} answered 201 without saying what was made`)
    if (testNotification && hasTestNotification(document)) this.#untested ??= this.#options.monotonicNow()
    return { remoteId, standing: this.#standing(document, expiry === undefined ? undefined : end) }
  }

  async #find(reservation: Reservation): Promise<readonly Found[]> {
    const { client, attemptOf } = this.#options
    const pages = this.#dialect.list === 'by address' ? this.#partsOf(reservation) : [undefined]
    // A NEF that ignores the query returns all of them each time.
    const found = new Map<string, Found>()
    for (const part of pages) {
      const query = part === undefined ? '' : `?ip-addrs=${encodeURIComponent(JSON.stringify(ipAddrs(part)))}`
      const answer = await client.ask({
        ...{ method: 'GET', path: this.#path() + query },
        maxAnswerBytes: MAX_LIST_BYTES,
      })
      // Some answer so if there is none.
      if (answer.status === 404) continue
      if (answer.status !== 200 || !Array.isArray(answer.body)) throw this.#refusal(answer)
      for (const document of answer.body as readonly Subscription[]) {
        const { notificationDestination: url, self, link } = document
        const attempt = typeof url === 'string' ? attemptOf(url, reservation.id) : undefined
        const name = [self, link].find((text) => typeof text === 'string') as string | undefined
        if (attempt === undefined || name === undefined) continue
        const remoteId = lastSegment(name)
        found.set(remoteId, { remoteId, standing: this.#standing(document), attempt })
      }
    }
    return [...found.values()]
  }

  async #look(id: string): Promise<Standing> {
    const { client, name } = this.#options
    const answer = await client.ask({ method: 'GET', path: this.#path(id) })
    if (answer.status === 404 || answer.status === 410) {
      return { state: 'ended', reason: `${name} no longer knows the subscription` }
    }
    if (answer.status !== 200) throw this.#refusal(answer)
    return this.#standing((answer.body ?? {}) as Subscription)
  }

  async #move(id: string, until: Instant): Promise<Standing> {
    const { client, name } = this.#options
    const end = instant(until + BELT_MS)
    const answer = await client.ask({
      method: 'PATCH',
      path: this.#path(id),
      headers: { 'content-type': 'application/merge-patch+json' },
      body: this.#expiry(end),
    })
    if (answer.status === 404 || answer.status === 410) {
      return { state: 'ended', reason: `${name} no longer knows the subscription` }
    }
    if (answer.status !== 200 && answer.status !== 204) throw this.#refusal(answer)
    return { state: 'granted', until: end }
  }

  async #end(id: string): Promise<void> {
    const answer = await this.#options.client.ask({ method: 'DELETE', path: this.#path(id) })
    if (answer.status >= 300 && answer.status !== 404 && answer.status !== 410) throw this.#refusal(answer)
  }

  // --- conversions ---

  /** A path below the collection; a `Location` is not followed, it could lead anywhere. */
  #path(id?: string): string {
    const collection = `${ROOT}/${encodeURIComponent(this.#options.scsAsId)}/subscriptions`
    return id === undefined ? collection : `${collection}/${encodeURIComponent(id)}`
  }

  #partsOf(reservation: Reservation): readonly FlowPart[] {
    const parts = partsByFamily(reservation)
    if (this.#dialect.oneAddress || parts.length < 2) return parts
    const device = Object.assign({}, ...parts.map((part) => part.device)) as FlowPart['device']
    return [{ device, server: parts.flatMap(({ server }) => server) }]
  }

  #reference(profile: string): string {
    const { qosReferences } = this.#options
    return Object.hasOwn(qosReferences, profile) ? (qosReferences[profile] as string) : profile
  }

  #asked({ flow, profile }: Reservation, part: FlowPart): object {
    const { dnn, snssai, ipDomain } = this.#options
    const { addresses, flows, numericReference } = this.#dialect
    const reference = this.#reference(profile)
    const device = deviceOf(part)
    return {
      ...(device.ipv4 !== undefined && { [addresses.ipv4]: device.ipv4 }),
      ...(device.ipv6 !== undefined && { [addresses.ipv6]: device.ipv6 }),
      ...(dnn !== undefined && { dnn }),
      ...(snssai !== undefined && { snssai }),
      ...(ipDomain !== undefined && { ipDomain }),
      qosReference: numericReference ? Number(reference) : reference,
      ...(flows && {
        flowInfo: rulePairs(part, flow).map(({ uplink, downlink }, index) => ({
          flowId: FIRST_FLOW + index,
          flowDescriptions: [uplink, downlink],
        })),
      }),
    }
  }

  #expiry(end: Instant): object {
    switch (this.#dialect.expiry) {
      case 'qosDuration':
        return { qosDuration: Math.max(1, Math.ceil((end - this.#options.clock.now()) / 1000)) }
      case 'expirationTime':
        return { expirationTime: new Date(end).toISOString() }
      default:
        return {}
    }
  }

  #standing({ status }: Subscription, until?: Instant): Standing {
    const { status: hasStatus } = this.#dialect
    const end = until === undefined ? {} : { until }
    if (hasStatus && status === 'FAILED') return { state: 'ended', reason: 'status FAILED', remains: true }
    if (this.#options.grant === 'onCreated' || (hasStatus && status === 'ACTIVE')) return { state: 'granted', ...end }
    return { state: 'pending', ...end }
  }

  #refusal(answer: ApiAnswer, options?: { conflict?: boolean }) {
    return refusal(this.#options.name, answer, options)
  }
}

/** IpAddr of TS 29.571. */
function ipAddrs(part: FlowPart): object[] {
  const { ipv4, ipv6 } = deviceOf(part)
  return [...(ipv4 === undefined ? [] : [{ ipv4Addr: ipv4 }]), ...(ipv6 === undefined ? [] : [{ ipv6Addr: ipv6 }])]
}

const hasTestNotification = ({ supportedFeatures }: Subscription): boolean =>
  typeof supportedFeatures === 'string' && (Number.parseInt(supportedFeatures.at(-1) ?? '0', 16) & 2) !== 0
