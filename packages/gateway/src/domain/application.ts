// What an application's keys are for, and how its OAuth clients get tokens.

/** Ways to an access token that a client may go (names of RFC 7591 section 2, and of OpenID CIBA). */
export const GRANT_TYPES = ['client_credentials', 'urn:openid:params:grant-type:ciba', 'authorization_code'] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** What an OAuth client may do at the embedded authorization server. */
export interface OAuthClient {
  readonly grantTypes: readonly GrantType[]
  /** Of `authorization_code`: where browsers may be sent back to. */
  readonly redirectUris: readonly string[]
}

export const COMPATIBILITIES = ['camara', 'nokia'] as const
/** Which clients a key is for: `camara` is the contract as it is written, `nokia` is kind to Nokia's. */
export type Compatibility = (typeof COMPATIBILITIES)[number]
