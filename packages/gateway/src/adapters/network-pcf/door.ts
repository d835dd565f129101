// The PCF of a 5G core as a network (N5, Npcf_PolicyAuthorization, TS 29.514): its application session contexts are our
// reservations. It has no list and no expiry, and some count their ids from 1 after a start: so the PCF's instance is
// checked before a context is deleted by its id.

import type { Instant } from '@rightofway/camara'
import { gpsiOf, type Subscriber } from '../../domain/device.js'
import { addressPairs } from '../../domain/flow.js'
import type { DirectionQos, Qos } from '../../domain/profile.js'
import type { Reservation } from '../../ports/network.js'
import { type ApiAnswer, type ApiClient, type ApiRequest, refusal } from '../network-api/client.js'
import {
  type Attempt,
  type Door,
  type Made,
  type Message,
  NetworkInDoubt,
  NetworkRefusal,
  type Parts,
  type Standing,
} from '../network-api/door.js'
import {
  type CoreDoorOptions,
  deviceOf,
  type FlowPart,
  joinIds,
  partsByFamily,
  splitId,
  WholeFlow,
} from '../network-api/families.js'
import { hasPortRanges, type RulePair, rulePairs } from '../network-api/filter-rules.js'
import { lastSegment, wordsOf } from '../network-api/words.js'
import { type MediaType, PCF_CORE, type PcfCore, type PcfCoreName } from './cores.js'
import type { Bsf, Nrf, PcfBinding } from './functions.js'

/** The QoS of our profile at the PCF. */
export interface PcfProfile {
  readonly qosReference?: string
  readonly medType?: MediaType
}

export interface PcfDoorOptions extends CoreDoorOptions {
  readonly core: PcfCoreName
  /** The URL of the PCF, or the BSF that knows the PCF of each device. */
  readonly pcf: { readonly url: string } | { readonly bsf: Bsf }
  /** Knows the PCF's instance since its last start. Absent: it is unknown. */
  readonly nrf?: Nrf
  /** A client of the PCF at a URL. */
  readonly clientOf: (url: string) => Pick<ApiClient, 'ask' | 'close' | 'connection'>
  /** By the names of our profiles. A profile that is absent has its own name as `qosReference`. */
  readonly profiles: Readonly<Record<string, PcfProfile>>
}

const ROOT = '/npcf-policyauthorization/v1/app-sessions'
/** No context has this id: a PCF that answers that there is none is reachable. */
const NO_CONTEXT = 'none'
const SUCCESS = 'SUCCESSFUL_RESOURCES_ALLOCATION'
const FAILURE = 'FAILED_RESOURCES_ALLOCATION'

type Client = ReturnType<PcfDoorOptions['clientOf']>

/** The location of a context, and the PCF's instance. */
interface Context {
  readonly id: string
  readonly url: string
  /** The instance that created it. Empty: unknown. */
  readonly instance: string
}

export class PcfDoor implements Door {
  readonly #options: PcfDoorOptions
  readonly #core: PcfCore
  readonly #whole: WholeFlow
  readonly #clients = new Map<string, Client>()
  /** The instance of the PCF at a URL, while the connection to it lasts. */
  readonly #instances = new Map<string, { readonly connection: number; readonly instance: string }>()
  readonly parts: Parts = {
    // Messages contain the id alone, at the URL of one reservation.
    of: (remoteId) => splitId(remoteId).map((part) => toContext(part).id),
    count: (reservation) => partsByFamily(reservation).length,
  }

  constructor(options: PcfDoorOptions) {
    this.#options = options
    this.#core = PCF_CORE[options.core]
    this.#whole = new WholeFlow(
      options.name,
      {
        ask: (reservation, part, _, attempt) => this.#ask(reservation, part, attempt),
        look: (id) => this.#look(toContext(id)),
        end: (id) => this.#end(toContext(id)),
      },
      partsByFamily,
    )
  }

  objection(reservation: Reservation): string | undefined {
    const { name, portRanges, core } = this.#options
    const { flow } = reservation
    if (addressPairs(flow).length === 0) return 'device and server have no address family in common'
    if (!portRanges && hasPortRanges(flow)) return `${name} takes single ports, and no ranges of ports`
    const { maxDescriptions = Number.POSITIVE_INFINITY } = this.#core
    const most = Math.max(...partsByFamily(reservation).map((part) => 2 * rulePairs(part, flow).length))
    if (most > maxDescriptions) {
      return `the flow needs ${most} flow descriptions at ${name}, and ${core} takes ${maxDescriptions} for one session`
    }
    return undefined
  }

  wish(reservation: Reservation): string {
    return JSON.stringify(partsByFamily(reservation).map((part) => this.#asked(reservation, part)))
  }

  ask(reservation: Reservation, until: Instant | undefined, attempt: Attempt): Promise<Made> {
    return this.#whole.ask(reservation, until, attempt)
  }

  look(remoteId: string): Promise<Standing> {
    return this.#whole.look(remoteId)
  }

  end(remoteId: string): Promise<void> {
    return this.#whole.end(remoteId)
  }

  async ping(): Promise<void> {
    const { pcf } = this.#options
    if ('bsf' in pcf) return pcf.bsf.ping()
    const answer = await this.#client(pcf.url).ask({ method: 'GET', path: pathOf(NO_CONTEXT) })
    if (answer.status === 401 || answer.status === 403) throw this.#refusal(answer)
  }

  read(body: unknown, suffix: string): Message | undefined {
    const { resUri, termCause, evSubsUri, evNotifs } = (body ?? {}) as Readonly<Record<string, unknown>>
    if (suffix === '/terminate') {
      const standing = { state: 'ended', reason: wordsOf(termCause), remains: true } as const
      return { ...this.#about(resUri), standing }
    }
    if (suffix !== '/notify' || !Array.isArray(evNotifs)) return undefined
    const events = evNotifs.map((report: unknown) => (report as { event?: unknown } | null)?.event)
    const about = this.#about(
      typeof evSubsUri === 'string' ? evSubsUri.replace(/\/events-subscription$/, '') : undefined,
    )
    if (events.includes(FAILURE)) return { ...about, standing: { state: 'ended', reason: FAILURE, remains: true } }
    if (events.includes(SUCCESS) && this.#options.grant === 'onAllocated') {
      return { ...about, standing: { state: 'granted' } }
    }
    return { ...about, confirms: true }
  }

  async close(): Promise<void> {
    const { pcf, nrf } = this.#options
    for (const client of this.#clients.values()) await client.close()
    if ('bsf' in pcf) await pcf.bsf.close()
    await nrf?.close()
  }

  // --- one context ---

  async #ask(reservation: Reservation, part: FlowPart, { callbackUrl }: Attempt): Promise<Made> {
    const { grant, name } = this.#options
    const { url, supi: bound } = await this.#bind(part)
    const { instance, over } = await this.#instanceAt(url)
    const ascReqData = {
      suppFeat: '0',
      notifUri: callbackUrl,
      ...this.#subscriber(reservation.subscriber, bound),
      ...this.#asked(reservation, part),
      ...(this.#core.hasEvents && { evSubsc: { notifUri: callbackUrl, events: this.#events() } }),
    }
    const answer = await this.#post(url, { path: ROOT, body: { ascReqData }, ...over })
    if (answer.status !== 201) throw this.#refusal(answer)
    const id = lastSegment(answer.location ?? '')
    if (id === '') throw new NetworkInDoubt(`${name} answered 201 without saying what was made`)
    const standing: Standing = { state: grant === 'onCreated' ? 'granted' : 'pending' }
    return { remoteId: ofContext({ id, url, instance }), standing }
  }

  /** Some answer 500 for a device without a PDU session: that is a refusal. */
  async #post(url: string, asked: Omit<ApiRequest, 'method'>): Promise<ApiAnswer> {
    try {
      return await this.#client(url).ask({ method: 'POST', ...asked })
    } catch (error) {
      const { answer } = error instanceof NetworkInDoubt ? error : {}
      const { cause } = (answer?.body ?? {}) as { cause?: unknown }
      if (answer !== undefined && cause === 'PDU_SESSION_NOT_AVAILABLE') return answer
      throw error
    }
  }

  async #look(context: Context): Promise<Standing> {
    const { name, grant } = this.#options
    const { id, instance } = context
    const url = this.#urlOf(context)
    const now = await this.#instanceAt(url)
    if (isAnother(instance, now.instance)) return { state: 'ended', reason: `${name} has been restarted` }
    const answer = await this.#client(url).ask({ method: 'GET', path: pathOf(id), ...now.over })
    if (answer.status === 404) return { state: 'ended', reason: `${name} no longer knows the session` }
    // Open5GS answers so for an existing context, and does not return it.
    if (answer.status !== 200 && answer.status !== 405) throw this.#refusal(answer)
    return { state: grant === 'onCreated' ? 'granted' : 'pending' }
  }

  /** An id of another instance may belong to another application: nothing of ours remains there. */
  async #end(context: Context): Promise<void> {
    const { id, instance } = context
    const url = this.#urlOf(context)
    const now = await this.#instanceAt(url)
    if (isAnother(instance, now.instance)) return
    const answer = await this.#client(url).ask({
      ...{ method: 'POST', path: `${pathOf(id)}/delete`, ...now.over },
      ...(this.#core.deletesWithBody && { body: {} }),
    })
    if (answer.status >= 300 && answer.status !== 404) throw this.#refusal(answer)
  }

  /** A configured URL takes precedence: the PCF may have moved. */
  #urlOf({ url }: Context): string {
    const { pcf } = this.#options
    return 'url' in pcf ? pcf.url : url
  }

  async #bind(part: FlowPart): Promise<PcfBinding> {
    const { pcf, name } = this.#options
    if ('url' in pcf) return pcf
    const binding = await pcf.bsf.find(part)
    if (binding !== undefined) return binding
    throw new NetworkRefusal(`the device has no PDU session: the BSF knows no PCF for it (${name})`)
  }

  /** The instance of the PCF at a URL, and the connection on which it was learnt. */
  async #instanceAt(
    url: string,
  ): Promise<{ readonly instance: string; readonly over: { readonly connection?: number } }> {
    const { nrf } = this.#options
    if (nrf === undefined) return { instance: '', over: {} }
    const connection = await this.#client(url).connection()
    const known = this.#instances.get(url)
    if (known?.connection === connection) return { instance: known.instance, over: { connection } }
    const instance = (await nrf.instanceAt(url)) ?? ''
    this.#instances.set(url, { connection, instance })
    return { instance, over: { connection } }
  }

  #client(url: string): Client {
    let client = this.#clients.get(url)
    if (client === undefined) {
      client = this.#options.clientOf(url)
      this.#clients.set(url, client)
    }
    return client
  }

  // --- conversions ---

  /**
   * The subscriber of the device: by the SUPI, or else by the GPSI.
   * @param bound the SUPI of its address at the BSF
   * @throws {NetworkRefusal} the address belongs to another subscriber now
   */
  #subscriber(known: Subscriber = {}, bound: string | undefined): object {
    const { supi = bound } = known
    if (bound !== undefined && supi !== bound) {
      throw new NetworkRefusal(`the BSF knows another SUPI for the address of the device (${this.#options.name})`)
    }
    if (supi !== undefined) return { supi }
    const { phoneNumber } = known
    return this.#core.readsGpsi && phoneNumber !== undefined
      ? { gpsi: gpsiOf({ kind: 'phoneNumber', phoneNumber }) }
      : {}
  }

  /** The subject of a message. Its URL is not followed: only a known PCF gets requests. */
  #about(uri: unknown): { readonly remoteId?: string } {
    const { pcf } = this.#options
    if (typeof uri !== 'string' || lastSegment(uri) === '') return {}
    const named = URL.canParse(uri) ? new URL(uri).origin : ''
    const url = 'url' in pcf ? pcf.url : this.#clients.has(named) ? named : undefined
    if (url === undefined) return {}
    return { remoteId: joinIds([ofContext({ id: lastSegment(uri), url, instance: '' })]) }
  }

  #events(): object[] {
    const wanted = this.#options.grant === 'onAllocated' ? [FAILURE, SUCCESS] : [FAILURE]
    return wanted.map((event) => ({ event }))
  }

  #asked({ flow, profile, qos }: Reservation, part: FlowPart): object {
    const { dnn, snssai, ipDomain, profiles } = this.#options
    const { qosReference, medType } = Object.hasOwn(profiles, profile)
      ? (profiles[profile] as PcfProfile)
      : { qosReference: profile, medType: undefined }
    const { ipv4, ipv6 } = deviceOf(part)
    const described = {
      ...(qosReference !== undefined && { qosReference }),
      medType: medType ?? this.#core.mediaType(qos),
      fStatus: 'ENABLED',
    }
    const components = this.#components(qos, rulePairs(part, flow))
    return {
      ...(ipv4 === undefined ? { ueIpv6: ipv6 } : { ueIpv4: ipv4 }),
      ...(dnn !== undefined && { dnn }),
      ...(snssai !== undefined && { sliceInfo: snssai }),
      ...(ipDomain !== undefined && { ipDomain }),
      medComponents: numbered(components, 'medCompN', ({ rates, flows }) => ({
        ...described,
        ...rates,
        medSubComps: numbered(flows, 'fNum', (fDescs) => ({ flowUsage: 'NO_INFO', fDescs })),
      })),
    }
  }

  /** The rates of a group of flows are given once. */
  #components({ downlink, uplink }: Qos, pairs: readonly RulePair[]): readonly Component[] {
    const share = this.#core.addsRates ? pairs.length : 1
    const [down, up] = [ratesOf(downlink, 'Dl', share), ratesOf(uplink, 'Ul', share)]
    if (this.#core.bothDirections) {
      return [{ rates: { ...down, ...up }, flows: pairs.map((pair) => [pair.downlink, pair.uplink]) }]
    }
    return [
      { rates: down, flows: pairs.map((pair) => [pair.downlink]) },
      { rates: up, flows: pairs.map((pair) => [pair.uplink]) },
    ]
  }

  #refusal(answer: ApiAnswer) {
    return refusal(this.#options.name, answer)
  }
}

interface Component {
  readonly rates: object
  /** Flow descriptions of each sub-component. */
  readonly flows: readonly (readonly string[])[]
}

/** A PCF requires a maximum besides a guarantee; a profile without one is limited to its guarantee. */
function ratesOf({ guaranteed, maximum = guaranteed }: DirectionQos, direction: 'Dl' | 'Ul', share: number): object {
  // free5GC converts a megabit to 1024 kilobits.
  const rate = (bps: number) => `${Math.ceil(bps / share / 1000)} Kbps`
  const most = Math.max(guaranteed, maximum)
  return {
    ...(most > 0 && { [`marBw${direction}`]: rate(most) }),
    ...(guaranteed > 0 && { [`mirBw${direction}`]: rate(guaranteed) }),
  }
}

/** A map by numbers from 1, with the number in each, as in TS 29.514. */
const numbered = <T>(values: readonly T[], member: string, of: (value: T) => object): object =>
  Object.fromEntries(values.map((value, index) => [index + 1, { [member]: index + 1, ...of(value) }]))

const pathOf = (id: string): string => `${ROOT}/${encodeURIComponent(id)}`

const ofContext = ({ id, url, instance }: Context): string => JSON.stringify([id, url, instance])

function toContext(text: string): Context {
  const [id, url, instance] = JSON.parse(text) as string[]
  return { id: id as string, url: url as string, instance: instance as string }
}

/** An unknown instance counts as the same. */
const isAnother = (then: string, now: string): boolean => then !== '' && now !== '' && then !== now
