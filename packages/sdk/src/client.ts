import { Api, type CallOptions, type SessionFilter } from './api.js'
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
  /** The application's key or an access token; or a function that gives one, asked before every request. */
  readonly token?: Token | undefined
  /** Instead of a token: OAuth 2.0 client credentials, from which tokens are fetched. */
  readonly oauth?: OAuthOptions | undefined
  /** URL of a Right of Way gateway. Default: the environment's `RIGHTOFWAY_URL`, else `http://127.0.0.1:8080`. */
  readonly baseUrl?: string | undefined
  /** Who else is on the other side: `nokia()` or `camara({ ... })`. Default: `rightofway({ baseUrl, oauth })`. */
  readonly endpoint?: Endpoint | undefined
  /**
   * Milliseconds for a whole call: every attempt, the waits between them, the last byte. From 1 to 2 147 483 647;
   * `Infinity` for no limit. Default: 30 000.
   */
  readonly timeoutMs?: number | undefined
  /** Attempts after the first, where another one is harmless: a whole number, or `Infinity`. Default: 2. */
  readonly retries?: number | undefined
  /** See `FollowOptions`. Default: 30 000. */
  readonly pollMs?: number | undefined
  /** Default: the runtime's. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * The way to an endpoint that gives quality on demand.
 * @example
 * const client = new NetworkAsCodeClient({ token: '<your-application-key>' })
 * @example
 * const client = new NetworkAsCodeClient({ endpoint: nokia(), token: '<your-application-key>' })
 */
export class NetworkAsCodeClient {
  readonly devices: Devices
  readonly sessions: Sessions
  readonly profiles: Profiles
  readonly #endpoint: Endpoint

  /**
   * @param options  all of them, or the token alone
   * @throws {QodArgumentError} there is no token, more than one, a URL or a number that cannot be used
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
      throw new QodArgumentError(
        'baseUrl and oauth belong to the endpoint where one is given: camara({ baseUrl, oauth })',
      )
    }
    checkedMs('timeoutMs', timeoutMs)
    checkedMs('pollMs', pollMs)
    if (!(retries >= 0 && (Number.isInteger(retries) || retries === Infinity))) {
      throw new QodArgumentError('retries must be a whole number from 0 on, or Infinity')
    }
    this.#endpoint = endpoint ?? rightofway({ baseUrl, oauth })
    // Called as a method of something else, browsers refuse it.
    const fetch: typeof globalThis.fetch = rest.fetch ?? ((input, init) => globalThis.fetch(input, init))
    const credentials = this.#endpoint.oauth
    if ((token === undefined) === (credentials === undefined)) {
      throw new QodArgumentError(
        token === undefined
          ? "the token is missing: new NetworkAsCodeClient({ token: '<your-application-key>' }), or oauth instead"
          : 'token and oauth are both given: give one',
      )
    }
    const tokens = credentials ? clientCredentials(credentials, fetch, time, timeoutMs) : givenToken(token as Token)
    const transport = new Transport({ endpoint: this.#endpoint, tokens, fetch, time, timeoutMs, retries })
    const api = new Api(this.#endpoint, transport, time, pollMs)
    this.devices = new Devices(api)
    this.sessions = new Sessions(api)
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
   * A device by its names. Nothing is sent.
   * @throws {QodArgumentError} a name has not the form it must have, or a public IPv4 address stands alone
   */
  get(identifiers: DeviceIdentifiers): Device
  /** By its network access identifier, and more names if you have them. */
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

  /** The device that a three-legged access token speaks for: it is not named in any request. */
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
    // Where the answer names no device, the token does.
    return QoDSession.from(this.#api, Device.from(this.#api, info.device), info)
  }

  /**
   * All sessions of this application, newest first, those that ended and are kept included. Pages are asked for as they
   * are needed. Only at a Right of Way gateway.
   * @throws {QodArgumentError} the endpoint is another one
   * @throws {QodApiError} {QodConnectionError}
   * @example
   * for await (const session of client.sessions.list({ status: 'AVAILABLE' })) console.log(session.id)
   */
  async *list(filter: SessionFilter = {}): AsyncGenerator<QoDSession, void> {
    for await (const info of this.#api.listSessions(filter)) {
      yield QoDSession.from(this.#api, Device.from(this.#api, info.device), info)
    }
  }
}

export interface ProfileFilter extends CallOptions {
  /** Those that this device may use. */
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
   * The QoS profiles that match all that is given.
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

export type { Devices, Profiles, Sessions }

showAs(NetworkAsCodeClient, 'NetworkAsCodeClient', ({ endpoint }) => ({ endpoint: endpoint.name }))
for (const part of [Devices, Sessions, Profiles])
  showAs(part as { name: string; prototype: object }, part.name, () => ({}))
