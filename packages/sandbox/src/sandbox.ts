import { webcrypto } from 'node:crypto'
import { parseDuration } from '@rightofway/camara'
import { type ClientOptions, type DeviceIdentifiers, NetworkAsCodeClient } from '@rightofway/sdk'
import { type HostedGateway, hostGateway } from './gateway.js'
import { Inbox } from './inbox.js'
import { SandboxNetwork } from './network.js'

export interface SandboxOptions {
  /** Settings of the gateway by their names in its configuration file, such as `{ 'sessions.setUpTimeout': 5 }`. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** An address that a device has. */
export interface SandboxAddress {
  /** As the network sees it: an IPv4 address, or an IPv6 prefix. */
  readonly address: string
  /** Behind NAT: the address that servers see. */
  readonly publicAddress?: string
  readonly publicPorts?: { readonly from: number; readonly to: number }
}

export interface SandboxDevice extends Pick<DeviceIdentifiers, 'phoneNumber' | 'networkAccessIdentifier'> {
  /** At least one: without an address there is no traffic to give QoS to. */
  readonly addresses: readonly SandboxAddress[]
}

/**
 * Starts a whole gateway in this process: its routes, its state machine and its store, with a simulated network, and a
 * clock that moves when you say so. It listens on a free port of this machine's loopback, keeps its data in a folder of
 * its own, and leaves nothing behind when it is closed.
 * @example
 * await using sandbox = await startSandbox()
 * const client = sandbox.client()
 */
export async function startSandbox({ settings = {} }: SandboxOptions = {}): Promise<Sandbox> {
  const hosted = await hostGateway({ settings: { 'store.durable': false, ...settings } })
  return new Sandbox(hosted, await Inbox.open(), (await hosted.newKey('sandbox')).key)
}

/** An OAuth client of a sandbox: for the `oauth` of a client. */
export interface SandboxOAuthClient {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** An OAuth client that signs an assertion instead of sending a secret: for the `oauth` of a client. */
export interface SandboxSigningClient {
  readonly tokenUrl: string
  readonly clientId: string
  /** A JWK, ES256. */
  readonly privateKey: webcrypto.JsonWebKey
}

/** Gets a token for a device at once: only in sandboxes, where every device has consented. */
const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LOGIN_HINT_GRANT = 'urn:rightofway:params:oauth:grant-type:login-hint'

/** A gateway for tests. Made by {@link startSandbox}. */
export class Sandbox {
  /** Base URL of the gateway. */
  readonly url: string
  readonly network: SandboxNetwork
  readonly inbox: Inbox
  readonly #hosted: HostedGateway
  readonly #key: string
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(hosted: HostedGateway, inbox: Inbox, key: string) {
    this.url = hosted.gateway.url
    this.network = new SandboxNetwork(hosted.admin)
    this.inbox = inbox
    this.#hosted = hosted
    this.#key = key
  }

  /** A client of this gateway. All clients without their own `token` are one application. */
  client(options: Omit<ClientOptions, 'baseUrl' | 'endpoint'> = {}): NetworkAsCodeClient {
    const identity = options.oauth === undefined ? { token: this.#key } : {}
    return new NetworkAsCodeClient({ ...identity, ...options, baseUrl: this.url })
  }

  /** A key of another application: its sessions are its own. */
  async newKey(name = 'another'): Promise<string> {
    return (await this.#hosted.newKey(name)).key
  }

  /** An OAuth client of another application, which gets access tokens instead of using a key. */
  async newOAuthClient(name = 'another'): Promise<SandboxOAuthClient> {
    const client = { grantTypes: ['client_credentials', 'urn:openid:params:grant-type:ciba'] }
    const { key, prefix } = await this.#hosted.newKey(name, { client })
    return { tokenUrl: `${this.url}/oauth2/token`, clientId: prefix, clientSecret: key }
  }

  /** An OAuth client with its own key (`private_key_jwt`); with `subject` its tokens are for that device. */
  async newSigningClient(name = 'another'): Promise<SandboxSigningClient> {
    const { subtle } = webcrypto
    const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const { kty, crv, x, y } = await subtle.exportKey('jwk', pair.publicKey)
    const { prefix } = await this.#hosted.newKey(name, {
      client: { grantTypes: ['client_credentials', JWT_BEARER_GRANT], jwks: { keys: [{ kty, crv, x, y }] } },
    })
    const privateKey = await subtle.exportKey('jwk', pair.privateKey)
    return { tokenUrl: `${this.url}/oauth2/token`, clientId: prefix, privateKey }
  }

  /**
   * An access token for a device: for `devices.fromToken()`.
   * @param loginHint  the device: `tel:+36721601234567`, `ipport:233.252.0.2:80`
   * @throws {Error} there is no such device
   */
  async tokenFor(loginHint: string, client?: SandboxOAuthClient): Promise<string> {
    const { tokenUrl, clientId, clientSecret } = client ?? (await this.newOAuthClient())
    const answer = await fetch(tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: LOGIN_HINT_GRANT, login_hint: loginHint }),
    })
    const { access_token: token, error_description: reason } = (await answer.json()) as Record<string, string>
    if (token === undefined) throw new Error(`there is no token for ${loginHint}: ${reason}`)
    return token
  }

  /** Adds a device, besides those that the gateway knows from the start (docs/guides/sandbox.md). */
  async addDevice(id: string, device: SandboxDevice): Promise<void> {
    await this.#hosted.admin('PUT', `/devices/${id}`, device)
  }

  /** The current time of the gateway and its network. */
  now(): Date {
    return new Date(this.#hosted.gateway.clock.now())
  }

  /**
   * Lets time pass: seconds, or `90s`, `15m`, `1h`, `7d` (at most). Returns when everything that was due is done,
   * including the delivery of events.
   * @throws {RangeError} it is no duration, or more than 7 days
   */
  async advance(duration: number | string): Promise<void> {
    const seconds = typeof duration === 'number' ? duration : parseDuration(duration)
    await this.#hosted.admin('POST', '/sandbox/clock/advance', { seconds })
  }

  /** Stops the gateway and removes its data. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#hosted.close()
      await this.inbox.close()
    })()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
