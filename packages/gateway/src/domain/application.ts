// The kinds of keys of an application, and how its OAuth clients get tokens.

/** RFC 7523 section 2.1. Only for clients with keys of their own: they sign the assertion. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Grant types that a client may use (names of RFC 7591 section 2, and of OpenID CIBA). */
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

/** The public keys that identify a client (RFC 7591 section 2): registered, or published at its own URL. */
export type ClientKeys =
  | { readonly jwks: { readonly keys: readonly PublicJwk[] }; readonly jwksUri?: never }
  | { readonly jwks?: never; readonly jwksUri: string }

/** The settings of an OAuth client at the embedded authorization server. */
export interface OAuthClient {
  readonly grantTypes: readonly GrantType[]
  /** Of `authorization_code`: where browsers may be sent back to. */
  readonly redirectUris: readonly string[]
  /** It authenticates with a signed assertion (`private_key_jwt`); absent: with its secret. */
  readonly keys?: ClientKeys
}

export const COMPATIBILITIES = ['camara', 'nokia'] as const
/** Which clients a key is for: `camara` follows the contract strictly, `nokia` also takes what Nokia's clients send. */
export type Compatibility = (typeof COMPATIBILITIES)[number]
