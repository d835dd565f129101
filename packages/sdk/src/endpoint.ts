// The endpoints, and what each accepts. A preset chooses the endpoint; it is never guessed, because a header that one
// endpoint needs makes another refuse the request.

import type { PrivateKey, SigningAlgorithm } from './assertion.js'
import { QodArgumentError } from './errors.js'

/**
 * How an OAuth 2.0 client gets its tokens: client credentials (RFC 6749 section 4.4), or with `subject` a JWT bearer
 * grant (RFC 7523 section 2.1). The client sends its `clientSecret`, or signs with its `privateKey`: one of the two.
 */
export interface OAuthOptions {
  /** The authorization server's token endpoint: https. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
  /** A JWK (RFC 7517), or PKCS #8 as PEM: `private_key_jwt`. The server knows the public half. */
  readonly privateKey?: PrivateKey | undefined
  /** Of the private key. Default: `alg` of the JWK, else `ES256` for an EC key and `RS256` for an RSA key. */
  readonly algorithm?: SigningAlgorithm | undefined
  /** Name of the private key for the server. Default: `kid` of the JWK. */
  readonly keyId?: string | undefined
  /** `aud` of what is signed. Default: `tokenUrl`; some servers ask for their issuer. */
  readonly audience?: string | undefined
  /** The subscriber that tokens speak for: `tel:+36721601234567`, `operatortoken:...`. It needs a private key. */
  readonly subject?: string | undefined
  /** Scopes to request, separated by spaces; operators ask for one `dpv:` purpose too. Default: the server decides. */
  readonly scope?: string | undefined
  /** How the client sends its secret (RFC 6749 section 2.3.1). Default: `client_secret_basic`. */
  readonly authMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
}

/** What a client needs to know about its endpoint. Made by {@link rightofway}, {@link camara} and {@link nokia}. */
export interface Endpoint {
  readonly name: 'rightofway' | 'camara' | 'nokia'
  /** Base URL of the quality-on-demand API. */
  readonly qualityOnDemandUrl: string
  /** Base URL of the qos-profiles API; undefined if there is none. */
  readonly qosProfilesUrl: string | undefined
  /** Base URL of the qos-provisioning API; undefined if there is none. */
  readonly qosProvisioningUrl: string | undefined
  readonly oauth: OAuthOptions | undefined
  /** Whether the endpoint accepts `x-correlator`. */
  readonly correlator: boolean
  /**
   * Whether the endpoint honours `Idempotency-Key` and serves a session's events as a stream (extensions of Right of
   * Way).
   */
  readonly extensions: boolean
  /** The headers that carry a token. */
  authorization(token: string): Record<string, string>
}

/** The default address of `rightofway serve`. */
const DEFAULT_URL = 'http://127.0.0.1:8080'
const NOKIA_URL = 'https://network-as-code.p-eu.rapidapi.com'
const NOKIA_HOST = 'network-as-code.nokia.rapidapi.com'

/**
 * A Right of Way gateway: the default.
 * @param options.baseUrl default: the environment's `RIGHTOFWAY_URL`, else `http://127.0.0.1:8080`
 * @throws {QodArgumentError} the URL is invalid, or uses http to another machine
 */
export function rightofway(options: { baseUrl?: string | undefined; oauth?: OAuthOptions | undefined } = {}): Endpoint {
  const { baseUrl = environment('RIGHTOFWAY_URL') ?? DEFAULT_URL, oauth } = options
  return { ...camara({ baseUrl, oauth, qosProvisioning: 'v0.4' }), name: 'rightofway', extensions: true }
}

export interface CamaraOptions {
  /** The part of the URL before `/quality-on-demand/v1`. */
  readonly baseUrl: string
  /** Default: none; the client then needs a `token`. */
  readonly oauth?: OAuthOptions | undefined
  /** The version in the paths of quality-on-demand and qos-profiles. Default: `v1`. */
  readonly version?: string | undefined
  /** Whether there is a qos-profiles API that this client may use. Default: true. */
  readonly qosProfiles?: boolean | undefined
  /** The version in the path of the qos-provisioning API; `false` if there is none. Default: `v0.3`. */
  readonly qosProvisioning?: string | false | undefined
}

/**
 * The CAMARA endpoint of any operator. Uses CAMARA's API without extensions.
 * @throws {QodArgumentError} a URL is invalid, or uses http to another machine
 */
export function camara({
  baseUrl,
  oauth,
  version = 'v1',
  qosProfiles = true,
  qosProvisioning = 'v0.3',
}: CamaraOptions): Endpoint {
  const base = checkedUrl('baseUrl', baseUrl)
  return {
    name: 'camara',
    qualityOnDemandUrl: `${base}/quality-on-demand/${version}`,
    qosProfilesUrl: qosProfiles ? `${base}/qos-profiles/${version}` : undefined,
    qosProvisioningUrl: qosProvisioning === false ? undefined : `${base}/qos-provisioning/${qosProvisioning}`,
    oauth: oauth && { ...oauth, tokenUrl: checkedUrl('oauth.tokenUrl', oauth.tokenUrl) },
    correlator: true,
    extensions: false,
    authorization: (token) => ({ authorization: `Bearer ${token}` }),
  }
}

/**
 * Nokia's Network as Code: the client's `token` is the application key of its portal.
 * @param options.baseUrl default: the production platform
 * @param options.rapidApiHost the `X-RapidAPI-Host` that goes with it
 * @throws {QodArgumentError} the URL is invalid, or uses http to another machine
 */
export function nokia(options: { baseUrl?: string | undefined; rapidApiHost?: string | undefined } = {}): Endpoint {
  const { baseUrl = NOKIA_URL, rapidApiHost = NOKIA_HOST } = options
  return {
    ...camara({ baseUrl, qosProfiles: false, qosProvisioning: false }),
    name: 'nokia',
    correlator: false,
    authorization: (token) => ({ 'x-rapidapi-key': token, 'x-rapidapi-host': rapidApiHost }),
  }
}

/** Plain http would send keys and tokens in the clear, so it is allowed on this machine only. */
function checkedUrl(name: string, text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new QodArgumentError(`${name} is not a URL: it must look like https://qod.example.com`)
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new QodArgumentError(
      `${name} must begin with https:// (http:// is allowed on this machine only), not ${url.origin}`,
    )
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new QodArgumentError(`${name} must have no user name, password, query or fragment`)
  }
  return url.href.replace(/\/+$/, '')
}

const isLoopback = (host: string): boolean => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(host)

/** A variable of the environment; undefined in browsers, which have none. */
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.[name] || undefined
}
