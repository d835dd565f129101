// What an application's keys are for, and how its OAuth clients get tokens.

/** RFC 7523 section 2.1. Only for clients with keys of their own: they sign the assertion. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Ways to an access token that a client may go (names of RFC 7591 section 2, and of OpenID CIBA). */
export const GRANT_TYPES = [
  'client_credentials',
  'urn:openid:params:grant-type:ciba',
  'authorization_code',
  JWT_BEARER,
] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** The public half of a key (RFC 7517 section 4). */
export interface PublicJwk {
  readonly kty: string
  readonly [member: string]: unknown
}

/** Where the public keys are by which a client is known (RFC 7591 section 2): registered, or at an address of its own. */
export type ClientKeys =
  | { readonly jwks: { readonly keys: readonly PublicJwk[] }; readonly jwksUri?: never }
  | { readonly jwks?: never; readonly jwksUri: string }

/** What an OAuth client may do at the embedded authorization server. */
export interface OAuthClient {
  readonly grantTypes: readonly GrantType[]
  /** Of `authorization_code`: where browsers may be sent back to. */
  readonly redirectUris: readonly string[]
  /** It signs an assertion (`private_key_jwt`); absent: it shows its secret. */
  readonly keys?: ClientKeys
}

export const COMPATIBILITIES = ['camara', 'nokia'] as const
/** Which clients a key is for: `camara` is the contract as it is written, `nokia` is kind to Nokia's. */
export type Compatibility = (typeof COMPATIBILITIES)[number]
