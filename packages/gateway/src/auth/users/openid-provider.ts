// Single sign-on: at an OpenID provider, by authorization code with PKCE (OpenID Connect Core section 3.1, RFC
// 7636). What a browser has to bring back is given to itself, sealed: any gateway of a store can finish what another
// began. The library is loaded when it is needed: most gateways have no provider.

import { QodError } from '@rightofway/camara'
import type { ClientAuth, Configuration } from 'openid-client'
import type { Role } from '../../domain/user.js'
import { KeyMissing, type Secrets } from '../secrets/keyring.js'
import { displayName } from './names.js'

/** The provider has that long to answer, in seconds. */
const TIMEOUT_S = 5

export interface OpenIdConfig {
  readonly issuer: string
  /** What people call it. */
  readonly label: string
  readonly clientId: string
  /** Absent: a public client. */
  readonly clientSecret?: string
  readonly scopes: readonly string[]
  readonly nameClaim: string
  readonly roleClaim: string
  /** Values of the role claim that make one. */
  readonly values: Readonly<Record<Role, readonly string[]>>
}

export interface OpenIdDeps {
  readonly secrets: Secrets
  readonly realNow: () => number
  /** Told why a sign-in failed, without anything of the person. */
  readonly onFailure: (what: { readonly error: string; readonly code?: string; readonly message: string }) => void
}

/** Somebody whom the provider vouches for. */
export interface Person {
  /** Issuer and `sub`, with a space between. */
  readonly subject: string
  /** By which others see them. */
  readonly name: string
  /** Absent: they have none here. */
  readonly role?: Role
}

/**
 * Why somebody was not signed in. `late`: what they began is not known in this browser, or any more; `denied`: they or
 * the provider said no; `role`: they have none here; `often`: too many attempts; `provider`: it cannot be used.
 */
const WHY_NOT = ['late', 'denied', 'role', 'often', 'provider'] as const
export type WhyNot = (typeof WHY_NOT)[number]

export class NotSignedIn extends Error {
  override readonly name = 'NotSignedIn'
  constructor(
    readonly why: WhyNot,
    options?: ErrorOptions,
  ) {
    super(`not signed in: ${why}`, options)
  }
}

/** What a browser keeps while its person is at the provider. */
interface Ticket {
  readonly for: 'sign-in'
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** How long somebody may take at the provider. */
export const TICKET_S = 600

type Claims = Readonly<Record<string, unknown>>

export class OpenIdProvider {
  readonly #config: OpenIdConfig
  readonly #deps: OpenIdDeps
  #discovered: Promise<Configuration> | undefined

  constructor(config: OpenIdConfig, deps: OpenIdDeps) {
    this.#config = config
    this.#deps = deps
  }

  get label(): string {
    return this.#config.label
  }

  /**
   * @param redirectUri to which the provider sends the browser back
   * @returns where to send the browser, and what it has to bring back, good for {@link TICKET_S}
   * @throws {NotSignedIn} `provider`
   */
  async begin(redirectUri: string): Promise<{ url: string; ticket: string }> {
    const client = await import('openid-client')
    const configuration = await this.#provider()
    const ticket: Ticket = {
      for: 'sign-in',
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      until: this.#deps.realNow() + TICKET_S * 1000,
    }
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#config.scopes.join(' '),
      state: ticket.state,
      nonce: ticket.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(ticket.verifier),
      code_challenge_method: 'S256',
    })
    return { url: url.href, ticket: this.#deps.secrets.encrypt(JSON.stringify(ticket)) }
  }

  /**
   * @param url that the browser was sent back to, as the provider knows it
   * @param sealed the ticket it brings
   * @throws {NotSignedIn}
   */
  async finish(url: URL, sealed: string | undefined): Promise<Person> {
    const ticket = this.#unseal(sealed)
    if (ticket === undefined || ticket.state !== url.searchParams.get('state')) throw new NotSignedIn('late')
    const client = await import('openid-client')
    const configuration = await this.#provider()
    try {
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: ticket.verifier,
        expectedState: ticket.state,
        expectedNonce: ticket.nonce,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) throw new NotSignedIn('provider')
      return this.#person(claims.sub, await this.#allClaims(configuration, tokens.access_token, claims))
    } catch (error) {
      if (error instanceof client.AuthorizationResponseError && error.error === 'access_denied') {
        throw new NotSignedIn('denied', { cause: error })
      }
      throw this.#failed(error)
    }
  }

  /** With those of the userinfo endpoint, where the ID token does not say what somebody may do. */
  async #allClaims(configuration: Configuration, accessToken: string, claims: Claims & { sub: string }) {
    const { roleClaim } = this.#config
    if (claimAt(claims, roleClaim) !== undefined) return claims
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims
    const { fetchUserInfo } = await import('openid-client')
    return { ...(await fetchUserInfo(configuration, accessToken, claims.sub)), ...claims }
  }

  #person(sub: string, claims: Claims): Person {
    const { issuer, nameClaim, roleClaim, values } = this.#config
    const given = claimAt(claims, roleClaim)
    const has = new Set(Array.isArray(given) ? given : [given])
    const role = (['admin', 'operator', 'viewer'] as const).find((one) => values[one].some((value) => has.has(value)))
    const name = [claims[nameClaim], claims['email'], claims['name'], sub].map(displayName).find((text) => text !== '')
    const person = { subject: `${issuer} ${sub}`, name: name ?? 'somebody' }
    return role === undefined ? person : { ...person, role }
  }

  #unseal(sealed: string | undefined): Ticket | undefined {
    if (sealed === undefined) return undefined
    try {
      const ticket = JSON.parse(this.#deps.secrets.decrypt(sealed as never)) as Ticket
      return ticket.for === 'sign-in' && ticket.until > this.#deps.realNow() ? ticket : undefined
    } catch (error) {
      // Made up, or of a key that is gone: whoever it is has to begin again.
      if (error instanceof KeyMissing) return undefined
      throw error
    }
  }

  /** Asked once who it is; again, if it did not answer. */
  #provider(): Promise<Configuration> {
    this.#discovered ??= this.#discover().catch((error: unknown) => {
      this.#discovered = undefined
      throw this.#failed(error)
    })
    return this.#discovered
  }

  async #discover(): Promise<Configuration> {
    const client = await import('openid-client')
    const { issuer, clientId, clientSecret } = this.#config
    const server = new URL(issuer)
    const configuration = await client.discovery(server, clientId, {}, clientAuth(client, clientSecret), {
      timeout: TIMEOUT_S,
      // The signature too, although the token comes from the provider itself.
      execute: [
        client.enableNonRepudiationChecks,
        ...(server.protocol === 'http:' ? [client.allowInsecureRequests] : []),
      ],
    })
    return configuration
  }

  #failed(error: unknown): Error {
    if (error instanceof NotSignedIn || error instanceof QodError) return error
    const { name, message, code } = error as Error & { code?: string }
    // Not the cause: it can have claims in it.
    this.#deps.onFailure({ error: name, message, ...(typeof code === 'string' && { code }) })
    return new NotSignedIn('provider', { cause: error })
  }
}

/** In the way the provider takes it; OpenID Connect Discovery section 3 makes client_secret_basic the default. */
function clientAuth(client: typeof import('openid-client'), secret: string | undefined): ClientAuth {
  if (secret === undefined) return client.None()
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)]
  return (server, ...rest) => {
    const supported = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    return (supported.includes('client_secret_basic') ? basic : post)(server, ...rest)
  }
}

/** A claim by its name, or by a path of names with dots between. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) => (typeof value === 'object' && value !== null ? (value as Claims)[name] : undefined),
      claims,
    )
}
