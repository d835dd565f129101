// How the gateway asks others for access tokens, as a client with a key of its own (RFC 7523 section 2.2), and what it
// takes for one: the same at the authorization servers of sinks and of networks.

/** Of a token whose server does not say (RFC 6749 section 5.1), in seconds. */
const DEFAULT_LIFETIME_S = 300
/** A token is not used that shortly before its expiry, in milliseconds, or in the last tenth of its life. */
const MARGIN_MS = 30_000
const MAX_TOKEN_LENGTH = 8_192

/** Milliseconds of real time that a server has to answer. */
export const TOKEN_TIMEOUT_MS = 10_000
export const MAX_TOKEN_ANSWER_BYTES = 65_536

export const TOKEN_REQUEST_HEADERS = {
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'application/json',
} as const

/** Client credentials (RFC 6749 section 4.4), with what tells who asks. */
export const tokenForm = (credentials: Readonly<Record<string, string>>, scope: string | undefined): string =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    ...credentials,
    ...(scope !== undefined && { scope }),
  }).toString()

/** Who asks, by an assertion that it signed. */
export const assertedBy = (clientId: string, assertion: string) => ({
  client_id: clientId,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
})

/** The server answered, and not with a token. Its message goes on after the name of the server, and may stand in a log. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
}

export interface AccessToken {
  readonly token: string
  /** When to ask for another, in milliseconds since the epoch. */
  readonly until: number
}

/**
 * The token in an answer.
 * @param now milliseconds since the epoch
 * @throws {TokenRefused} there is none
 */
export function tokenIn(status: number, text: string, now: number): AccessToken {
  const answer = objectIn(text)
  if (status !== 200) throw new TokenRefused(`answered ${status}${codeIn(answer)}`)
  const { access_token: token, token_type: type, expires_in: given } = answer
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || token.length > MAX_TOKEN_LENGTH) {
    throw new TokenRefused('answered without a token')
  }
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw new TokenRefused('answered with a token that is not a bearer token')
  }
  const lifetimeMs = 1000 * (typeof given === 'number' && given > 0 ? given : DEFAULT_LIFETIME_S)
  return { token, until: now + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 10) }
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** RFC 6749 section 5.2. Only what looks like a code: the rest of the answer is somebody else's words. */
const codeIn = ({ error }: Readonly<Record<string, unknown>>): string =>
  typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''
