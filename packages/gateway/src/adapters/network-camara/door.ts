// Another CAMARA quality-on-demand endpoint as a network: its sessions are our reservations. It ends them by itself,
// sends events about them, and lists those of a device, so that the outcome of a lost answer can be looked up.

import {
  type AccessTokenCredential,
  type ApplicationServer,
  type Device,
  instant,
  type PortsSpec,
  type ReservationId,
} from '@rightofway/camara'
import { type Prefix, prefixAddress, prefixFamily, prefixLength } from '../../domain/address.js'
import { addressPairs } from '../../domain/flow.js'
import type { PortSet } from '../../domain/ports.js'
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

/** Kinds of identifiers that devices have there. */
export const CAMARA_IDENTIFIERS = ['phoneNumber', 'ipv4Address', 'ipv6Address'] as const
export type CamaraIdentifier = (typeof CAMARA_IDENTIFIERS)[number]

export interface CamaraDoorOptions {
  /** Its name in messages. */
  readonly name: string
  readonly client: Pick<ApiClient, 'ask' | 'close'>
  readonly clock: Clock
  /** Milliseconds since the epoch, never moved by a sandbox: tokens expire by it. */
  readonly realNow: () => number
  /** Its profiles by the names of ours. A profile that is absent has the same name there. */
  readonly profiles: Readonly<Record<string, string>>
  /** The kinds of device identifiers there, in the order of preference. */
  readonly identifiers: readonly CamaraIdentifier[]
  /** Whether it supports lists of server addresses (1.2 and later). */
  readonly addressLists: boolean
  /** The attempt of a reservation for which a URL was issued as its sink. */
  readonly attemptOf: (sink: string, reservation: ReservationId) => number | undefined
}

/** A session in its answers, as far as it is read. */
interface Session {
  readonly sessionId: string
  readonly qosStatus: string
  readonly statusInfo?: string
  readonly startedAt?: string
  readonly expiresAt?: string
  readonly sink?: string
  readonly qosProfile?: string
  readonly applicationServer?: unknown
  readonly devicePorts?: unknown
  readonly applicationServerPorts?: unknown
}

const EVENT_TYPE = /^org\.camaraproject\.[a-z-]+\.v[0-9]+\.qos-status-changed$/
/** No session has this id: an endpoint that answers that there is none is reachable. */
const NO_SESSION = '00000000-0000-4000-8000-000000000000'
/** A session lasts a day at most. */
const TOKEN_LIFETIME_MS = 25 * 3_600_000

export class CamaraDoor implements Door {
  readonly #options: CamaraDoorOptions

  constructor(options: CamaraDoorOptions) {
    this.#options = options
  }

  objection(reservation: Reservation): string | undefined {
    const { name, identifiers, addressLists } = this.#options
    if (this.#device(reservation) === undefined) {
      const known = identifiers.join(', ')
      return addressPairs(reservation.flow).length === 0 && reservation.subscriber?.phoneNumber === undefined
        ? 'device and server have no address family in common'
        : `${name} knows devices by ${known}, and this one has none of these that the flow could be about`
    }
    const { server } = reservation.flow
    if (isPair(server)) return undefined
    if (!addressLists)
      return `${name} takes one IPv4 and one IPv6 address or prefix of servers, and no list of addresses`
    if (!server.every(isSingle)) return `${name} takes a list of single addresses of servers, and no list of prefixes`
    return undefined
  }

  wish(reservation: Reservation): string {
    return JSON.stringify(this.#asked(reservation))
  }

  async ask(reservation: Reservation, until: number | undefined, attempt: Attempt): Promise<Made> {
    const { clock, client } = this.#options
    const { callbackUrl, callbackToken, key } = attempt
    const duration = until === undefined ? reservation.duration : Math.max(1, Math.ceil((until - clock.now()) / 1000))
    const answer = await client.ask({
      method: 'POST',
      path: '/sessions',
      // Gateways of our own kind return one session for two requests with it; others ignore it.
      headers: { 'idempotency-key': key, 'x-correlator': reservation.id },
      body: {
        ...this.#asked(reservation),
        duration,
        ...(callbackUrl && { sink: callbackUrl }),
        ...(callbackUrl && callbackToken && { sinkCredential: this.#credential(callbackToken) }),
      },
    })
    if (answer.status !== 201) throw this.#refusal(answer, { conflict: answer.status === 409 })
    return this.#made(answer)
  }

  async find(reservation: Reservation): Promise<readonly Found[]> {
    const device = this.#device(reservation)
    const answer = await this.#options.client.ask({ method: 'POST', path: '/retrieve-sessions', body: { device } })
    // A device that is unknown there has no sessions.
    if (answer.status === 404) return []
    if (answer.status !== 200 || !Array.isArray(answer.body)) throw this.#refusal(answer)
    return answer.body.filter(isSession).flatMap((session) => {
      const standing = standingOf(session)
      const made = { remoteId: session.sessionId, standing }
      if (session.sink !== undefined) {
        const attempt = this.#options.attemptOf(session.sink, reservation.id)
        return attempt === undefined ? [] : [{ ...made, attempt }]
      }
      // No two live sessions of a device have the same flow.
      return standing.state !== 'ended' && this.#isLike(session, reservation) ? [made] : []
    })
  }

  async look(remoteId: string): Promise<Standing> {
    const answer = await this.#options.client.ask({ method: 'GET', path: pathOf(remoteId) })
    if (answer.status === 404) return { state: 'ended', reason: `${this.#options.name} no longer knows the session` }
    if (answer.status !== 200) throw this.#refusal(answer)
    return this.#made(answer).standing
  }

  async move(remoteId: string, from: number, until: number): Promise<Standing> {
    const answer = await this.#options.client.ask({
      method: 'POST',
      path: `${pathOf(remoteId)}/extend`,
      body: { requestedAdditionalDuration: Math.max(1, Math.ceil((until - from) / 1000)) },
    })
    if (answer.status === 200) return this.#made(answer).standing
    // It may have ended meanwhile.
    if (answer.status === 404 || answer.status === 409) {
      const standing = await this.look(remoteId)
      if (standing.state === 'ended') return standing
    }
    throw this.#refusal(answer)
  }

  async end(remoteId: string): Promise<void> {
    const answer = await this.#options.client.ask({ method: 'DELETE', path: pathOf(remoteId) })
    if (answer.status >= 300 && answer.status !== 404 && answer.status !== 410) throw this.#refusal(answer)
  }

  async ping(): Promise<void> {
    const answer = await this.#options.client.ask({ method: 'GET', path: pathOf(NO_SESSION) })
    if (answer.status === 401 || answer.status === 403) throw this.#refusal(answer)
  }

  read(body: unknown): Message | undefined {
    const { type, data } = (body ?? {}) as { readonly type?: unknown; readonly data?: Partial<Session> }
    if (typeof type !== 'string' || !EVENT_TYPE.test(type) || typeof data?.sessionId !== 'string') return undefined
    const { sessionId: remoteId, qosStatus } = data
    // The start of a session is in the session, and not in the event.
    return qosStatus === 'UNAVAILABLE' ? { remoteId, standing: standingOf({ ...data, qosStatus }) } : { remoteId }
  }

  close(): Promise<void> {
    return this.#options.client.close()
  }

  #asked(reservation: Reservation): object {
    const { flow, profile } = reservation
    const { devicePorts, serverPorts, server } = flow
    return {
      device: this.#device(reservation),
      applicationServer: applicationServer(server),
      ...(devicePorts && { devicePorts: portsSpec(devicePorts) }),
      ...(serverPorts && { applicationServerPorts: portsSpec(serverPorts) }),
      qosProfile: this.#options.profiles[profile] ?? profile,
    }
  }

  /** One identifier, the first preferred one. An address is used only if the flow has servers of its family. */
  #device({ flow, subscriber }: Reservation): Device | undefined {
    const families = new Set(addressPairs(flow).map(({ family }) => family))
    const { ipv4, ipv6 } = flow.device
    for (const identifier of this.#options.identifiers) {
      if (identifier === 'phoneNumber' && subscriber?.phoneNumber !== undefined) {
        return { phoneNumber: subscriber.phoneNumber }
      }
      if (identifier === 'ipv4Address' && ipv4 !== undefined && families.has('ipv4')) {
        const address = prefixAddress(ipv4)
        return { ipv4Address: { publicAddress: address, privateAddress: address } }
      }
      if (identifier === 'ipv6Address' && ipv6 !== undefined && families.has('ipv6')) {
        return { ipv6Address: prefixAddress(ipv6) }
      }
    }
    return undefined
  }

  #credential(accessToken: string): AccessTokenCredential {
    const accessTokenExpiresUtc = new Date(this.#options.realNow() + TOKEN_LIFETIME_MS).toISOString()
    return { credentialType: 'ACCESSTOKEN', accessToken, accessTokenExpiresUtc, accessTokenType: 'bearer' }
  }

  #isLike(session: Session, reservation: Reservation): boolean {
    const { applicationServer, devicePorts, applicationServerPorts, qosProfile } = session
    const { device: _, ...asked } = this.#asked(reservation) as { device?: unknown }
    return sameJson({ applicationServer, devicePorts, applicationServerPorts, qosProfile }, asked)
  }

  #made({ body, status }: ApiAnswer): Made {
    if (!isSession(body)) throw new NetworkInDoubt(`${this.#options.name} answered ${status} without a session`)
    return { remoteId: body.sessionId, standing: standingOf(body) }
  }

  #refusal(answer: ApiAnswer, options?: { conflict?: boolean }) {
    return refusal(this.#options.name, answer, options)
  }
}

const pathOf = (remoteId: string): string => `/sessions/${encodeURIComponent(remoteId)}`

/** URLs drop the first ones, and a request about such a session would be about all; none can contain the last. */
const NO_PATH_SEGMENT = /^\.{0,2}$|\p{Cs}/u

function isSession(value: unknown): value is Session {
  const { sessionId, qosStatus } = (value ?? {}) as Partial<Session>
  return typeof sessionId === 'string' && !NO_PATH_SEGMENT.test(sessionId) && typeof qosStatus === 'string'
}

function standingOf({ qosStatus, statusInfo, startedAt, expiresAt }: Omit<Session, 'sessionId'>): Standing {
  const [at, until] = [startedAt, expiresAt].map((text) => Date.parse(text ?? ''))
  const since = at !== undefined && !Number.isNaN(at) && { at: instant(at) }
  switch (qosStatus) {
    case 'AVAILABLE':
      return {
        state: 'granted',
        ...since,
        ...(until !== undefined && !Number.isNaN(until) && { until: instant(until) }),
      }
    case 'REQUESTED':
      return { state: 'pending' }
    default: {
      const expired = statusInfo === 'DURATION_EXPIRED'
      return { state: 'ended', reason: statusInfo ?? qosStatus, expired, ...(expired && since) }
    }
  }
}

const isSingle = (prefix: Prefix): boolean => prefixLength(prefix) === (prefixFamily(prefix) === 'ipv4' ? 32 : 128)

const written = (prefix: Prefix): string => (isSingle(prefix) ? prefixAddress(prefix) : prefix)

/** Whether it has at most one prefix of each family. */
function isPair(server: readonly Prefix[]): boolean {
  const families = server.map(prefixFamily)
  return new Set(families).size === families.length
}

function applicationServer(server: readonly Prefix[]): ApplicationServer {
  if (!isPair(server)) return { ipAddresses: server.map(written) }
  const [ipv4, ipv6] = (['ipv4', 'ipv6'] as const).map((family) => server.find((each) => prefixFamily(each) === family))
  return { ...(ipv4 && { ipv4Address: written(ipv4) }), ...(ipv6 && { ipv6Address: written(ipv6) }) }
}

function portsSpec(ports: PortSet): PortsSpec {
  const single = ports.filter(([from, to]) => from === to).map(([from]) => from)
  const ranges = ports.filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to }))
  return { ...(ranges.length > 0 && { ranges }), ...(single.length > 0 && { ports: single }) }
}

/** Independent of the order of members. */
const sameJson = (a: object, b: object): boolean => canonical(a) === canonical(b)

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${name}:${canonical(member)}`)
    .join()}}`
}
