import { Api, type CallOptions, type SessionFilter } from './api.js'
import { QosAssignment } from './assignment.js'
import { Device } from './device.js'
import { type Endpoint, type OAuthOptions, rightofway } from './endpoint.js'
import { QodArgumentError } from './errors.js'
import { checkedIdentifiers, type DeviceIdentifiers, type DeviceIpv4Addr } from './identifiers.js'
import { QoDSession } from './session.js'
import { showAs } from './show.js'
import { checkedMs, realTime, type Time } from './time.js'
import { clientCredentials, givenToken, type Token } from './tokens.js'
import { Transport } from './transport.js'
import type { QosProfile, QosProfileDeviceRequest, Device as WireDevice } from './wire.js'

export interface ClientOptions {
  /** The application's key or an access token; or a function that returns one, called before every request. */
  readonly token?: Token | undefined
  /** OAuth 2.0 client credentials instead of a token: the client fetches access tokens with them. */
  readonly oauth?: OAuthOptions | undefined
  /** URL of a Right of Way gateway. Default: the environment's `RIGHTOFWAY_URL`, else `http://127.0.0.1:8080`. */
  readonly baseUrl?: string | undefined
  /** Another kind of endpoint: `nokia()` or `camara({ ... })`. Default: `rightofway({ baseUrl, oauth })`. */
  readonly endpoint?: Endpoint | undefined
  /**
   * Time limit of a whole call in milliseconds, with all attempts and the waits between them, until the last byte. From
   * 1 to 2 147 483 647; `Infinity` for no limit. Default: 30 000.
   */
  readonly timeoutMs?: number | undefined
  /** Attempts after the first, for calls that are safe to repeat: a whole number, or `Infinity`. Default: 2. */
  readonly retries?: number | undefined
  /** See `FollowOptions`. Default: 30 000. */
  readonly pollMs?: number | undefined
  /** Default: the `fetch` of the runtime. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * The client of an endpoint that provides quality on demand.
 * @example const client = new NetworkAsCodeClient({ token: '<your-application-key>' })
 * @example const client = new NetworkAsCodeClient({ endpoint: nokia(), token: '<your-application-key>' })
 */
export class NetworkAsCodeClient {
  readonly devices: Devices
  readonly sessions: Sessions
  readonly assignments: Assignments
  readonly profiles: Profiles
  readonly #endpoint: Endpoint

  /**
   * @param options the options, or the token alone
   * @throws {QodArgumentError} no token, more than one, or an invalid URL or number
   */
  constructor(options: ClientOptions | string)
  /** @internal Tests bring their own time. */
  constructor(options: ClientOptions | string, time: Time)
  constructor(options: ClientOptions | string, time: Time = realTime) {
    const {
      token,
      oauth,
      baseUrl,
      endpoint,
      timeoutMs = 30_000,
      retries = 2,
      pollMs = 30_000,
      ...rest
    } = typeof options === 'string' ? { token: options } : options
    if (endpoint !== undefined && (baseUrl !== undefined || oauth !== undefined)) {
      throw new QodArgumentError('endpoint cannot be combined with baseUrl or oauth: use camara({ baseUrl, oauth })')
    }
    checkedMs('timeoutMs', timeoutMs)
    checkedMs('pollMs', pollMs)
    if (!(retries >= 0 && (Number.isInteger(retries) || retries === Infinity))) {
      throw new QodArgumentError('retries must be a whole number, at least 0, or Infinity')
    }
    this.#endpoint = endpoint ?? rightofway({ baseUrl, oauth })
    // Browsers refuse `fetch` when it is called as a method of another object.
    const fetch: typeof globalThis.fetch = rest.fetch ?? ((input, init) => globalThis.fetch(input, init))
    const credentials = this.#endpoint.oauth
    if ((token === undefined) === (credentials === undefined)) {
      throw new QodArgumentError(
        token === undefined
          ? "token or oauth is required: new NetworkAsCodeClient({ token: '<your-application-key>' })"
          : 'token and oauth cannot be combined: give one of them',
      )
    }
    const tokens = credentials ? clientCredentials(credentials, fetch, time, timeoutMs) : givenToken(token as Token)
    const transport = new Transport({ endpoint: this.#endpoint, tokens, fetch, time, timeoutMs, retries })
    const api = new Api(this.#endpoint, transport, time, pollMs)
    this.devices = new Devices(api)
    this.sessions = new Sessions(api)
    this.assignments = new Assignments(api)
    this.profiles = new Profiles(api)
  }

  /** @internal */
  get endpoint(): Endpoint {
    return this.#endpoint
  }
}

class Devices {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /**
   * A device by its identifiers. Nothing is sent.
   * @throws {QodArgumentError} an identifier is malformed, or a public IPv4 address is given alone
   */
  get(identifiers: DeviceIdentifiers): Device
  /** By its network access identifier, and more identifiers if you have them. */
  get(networkAccessIdentifier: string, others?: Omit<DeviceIdentifiers, 'networkAccessIdentifier'>): Device
  /** By position. */
  get(networkAccessIdentifier: string, ipv4Address: DeviceIpv4Addr, phoneNumber?: string): Device
  get(
    first: string | DeviceIdentifiers,
    second: DeviceIdentifiers | DeviceIpv4Addr = {},
    phoneNumber?: string,
  ): Device {
    if (typeof first !== 'string') return Device.from(this.#api, checkedIdentifiers(first))
    const others = 'publicAddress' in second ? { ipv4Address: second, phoneNumber } : second
    return Device.from(this.#api, checkedIdentifiers({ networkAccessIdentifier: first, ...others }))
  }

  /** The device that a three-legged access token belongs to. Requests do not name it. */
  fromToken(): Device {
    return Device.from(this.#api, undefined)
  }
}

class Sessions {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /**
   * A session by its id.
   * @throws {QodApiError} `NOT_FOUND` (404); `PERMISSION_DENIED` (403) another application made it
   * @see CAMARA quality-on-demand, getSession
   */
  async get(id: string, options: CallOptions = {}): Promise<QoDSession> {
    const info = await this.#api.getSession(id, options)
    // If the answer names no device, the token identifies it.
    return QoDSession.from(this.#api, Device.from(this.#api, info.device), info)
  }

  /**
   * All sessions of this application, newest first, including ended ones that are still kept. Pages are fetched when
   * they are needed. Right of Way gateways only.
   * @throws {QodArgumentError} the endpoint is not a Right of Way gateway
   * @throws {QodApiError} {QodConnectionError}
   * @example for await (const session of client.sessions.list({ status: 'AVAILABLE' })) console.log(session.id)
   */
  async *list(filter: SessionFilter = {}): AsyncGenerator<QoDSession, void> {
    for await (const info of this.#api.listSessions(filter)) {
      yield QoDSession.from(this.#api, Device.from(this.#api, info.device), info)
    }
  }
}

class Assignments {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /**
   * An assignment by its id. `device.qosAssignment()` finds it by its device.
   * @throws {QodApiError} `NOT_FOUND` (404); `PERMISSION_DENIED` (403) another application made it
   * @throws {QodArgumentError} the endpoint has no qos-provisioning API
   * @see CAMARA qos-provisioning, getQosAssignmentById
   */
  async get(id: string, options: CallOptions = {}): Promise<QosAssignment> {
    const info = await this.#api.getAssignment(id, options)
    return QosAssignment.from(this.#api, Device.from(this.#api, info.device), info)
  }
}

export interface ProfileFilter extends CallOptions {
  /** Only profiles that this device may use. */
  readonly device?: Device | undefined
  readonly name?: string | undefined
  readonly status?: QosProfile['status'] | undefined
}

class Profiles {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /**
   * The QoS profiles that match all the filters.
   * @throws {QodArgumentError} the endpoint has no qos-profiles API
   * @throws {QodApiError} {QodConnectionError}
   * @see CAMARA qos-profiles, retrieveQosProfiles
   */
  list({ device, name, status, signal }: ProfileFilter = {}): Promise<QosProfile[]> {
    const filter: QosProfileDeviceRequest = {}
    if (device?.identifiers !== undefined) filter.device = device.identifiers as WireDevice
    if (name !== undefined) filter.name = name
    if (status !== undefined) filter.status = status
    return this.#api.retrieveProfiles(filter, { signal })
  }

  /**
   * A QoS profile by its name.
   * @throws {QodApiError} `NOT_FOUND` (404)
   * @see CAMARA qos-profiles, getQosProfile
   */
  get(name: string, options: CallOptions = {}): Promise<QosProfile> {
    return this.#api.getProfile(name, options)
  }
}

export type { Assignments, Devices, Profiles, Sessions }

showAs(NetworkAsCodeClient, 'NetworkAsCodeClient', ({ endpoint }) => ({ endpoint: endpoint.name }))
for (const part of [Devices, Sessions, Assignments, Profiles])
  showAs(part as { name: string; prototype: object }, part.name, () => ({}))
