import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDuration } from '@rightofway/camara'
import { type Gateway, loadConfig, startGateway } from '@rightofway/gateway'
import { type ClientOptions, type DeviceIdentifiers, NetworkAsCodeClient } from '@rightofway/sdk'
import { type Admin, adminOf } from './admin.js'
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
  /** With NAT: the address that servers see. */
  readonly publicAddress?: string
  readonly publicPorts?: { readonly from: number; readonly to: number }
}

export interface SandboxDevice extends Pick<DeviceIdentifiers, 'phoneNumber' | 'networkAccessIdentifier'> {
  /** At least one: without an address there is no traffic to treat well. */
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
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-sandbox-'))
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  try {
    const flags = {
      sandbox: true,
      dataDir,
      'listen.port': 0,
      'store.durable': false,
      'log.level': 'silent',
      'dashboard.enabled': false,
      ...settings,
    }
    const gateway = await startGateway(loadConfig({ flags }))
    const admin = adminOf(gateway)
    return new Sandbox(gateway, admin, await Inbox.open(), await makeKey(admin, 'sandbox'), remove)
  } catch (error) {
    remove()
    throw error
  }
}

async function makeKey(admin: Admin, name: string): Promise<string> {
  return (await makeKeyFor(admin, name, {})).key
}

async function makeKeyFor(admin: Admin, name: string, key: object) {
  const { id } = await admin<{ id: string }>('POST', '/applications', { name })
  return admin<{ key: string; record: { prefix: string } }>('POST', `/applications/${id}/keys`, key)
}

/** An OAuth client of a sandbox: for the `oauth` of a client. */
export interface SandboxOAuthClient {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** An OAuth client that signs instead of showing a secret: for the `oauth` of a client. */
export interface SandboxSigningClient {
  readonly tokenUrl: string
  readonly clientId: string
  /** A JWK, ES256. */
  readonly privateKey: webcrypto.JsonWebKey
}

/** Gets a token for a device at once: of sandboxes only, where every device has consented. */
const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LOGIN_HINT_GRANT = 'urn:rightofway:params:oauth:grant-type:login-hint'

/** A gateway for tests. Made by {@link startSandbox}. */
export class Sandbox {
  /** Base URL of the gateway. */
  readonly url: string
  readonly network: SandboxNetwork
  readonly inbox: Inbox
  readonly #gateway: Gateway
  readonly #admin: Admin
  readonly #key: string
  readonly #remove: () => void
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(gateway: Gateway, admin: Admin, inbox: Inbox, key: string, remove: () => void) {
    this.url = gateway.url
    this.network = new SandboxNetwork(admin)
    this.inbox = inbox
    this.#gateway = gateway
    this.#admin = admin
    this.#key = key
    this.#remove = remove
  }

  /** A client of this gateway. Without a `token` of its own all of them are one application. */
  client(options: Omit<ClientOptions, 'baseUrl' | 'endpoint'> = {}): NetworkAsCodeClient {
    const identity = options.oauth === undefined ? { token: this.#key } : {}
    return new NetworkAsCodeClient({ ...identity, ...options, baseUrl: this.url })
  }

  /** A key of another application: its sessions are its own. */
  newKey(name = 'another'): Promise<string> {
    return makeKey(this.#admin, name)
  }

  /** An OAuth client of another application, which gets access tokens instead of using a key. */
  async newOAuthClient(name = 'another'): Promise<SandboxOAuthClient> {
    const client = { grantTypes: ['client_credentials', 'urn:openid:params:grant-type:ciba'] }
    const { key, record } = await makeKeyFor(this.#admin, name, { client })
    return { tokenUrl: `${this.url}/oauth2/token`, clientId: record.prefix, clientSecret: key }
  }

  /** An OAuth client with a key of its own (`private_key_jwt`); with `subject` its tokens speak for a device. */
  async newSigningClient(name = 'another'): Promise<SandboxSigningClient> {
    const { subtle } = webcrypto
    const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const { kty, crv, x, y } = await subtle.exportKey('jwk', pair.publicKey)
    const { record } = await makeKeyFor(this.#admin, name, {
      client: { grantTypes: ['client_credentials', JWT_BEARER_GRANT], jwks: { keys: [{ kty, crv, x, y }] } },
    })
    const privateKey = await subtle.exportKey('jwk', pair.privateKey)
    return { tokenUrl: `${this.url}/oauth2/token`, clientId: record.prefix, privateKey }
  }

  /**
   * An access token that speaks for a device: for `devices.fromToken()`.
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

  /** A device that the gateway shall know, beside those it knows from the start (docs/guides/sandbox.md). */
  async addDevice(id: string, device: SandboxDevice): Promise<void> {
    await this.#admin('PUT', `/devices/${id}`, device)
  }

  /** What time it is for the gateway and its network. */
  now(): Date {
    return new Date(this.#gateway.clock.now())
  }

  /**
   * Lets time pass: seconds, or `90s`, `15m`, `1h`, `7d` (at most). Returns when everything that fell due has happened,
   * events delivered included.
   * @throws {RangeError} it is no duration, or more than 7 days
   */
  async advance(duration: number | string): Promise<void> {
    const seconds = typeof duration === 'number' ? duration : parseDuration(duration)
    await this.#admin('POST', '/sandbox/clock/advance', { seconds })
  }

  /** Stops the gateway and removes its data. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#gateway.close()
      await this.inbox.close()
      this.#remove()
    })()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
