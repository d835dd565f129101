import { assertions, CLIENT_ASSERTION_TYPE } from './assertion.js'
import type { OAuthOptions } from './endpoint.js'
import { QodApiError, QodArgumentError, QodConnectionError } from './errors.js'
import { failureCode } from './failure-code.js'
import { membersOf } from './members.js'
import type { Time } from './time.js'

/** A key or an access token, or a function that returns one and is called before every request. */
export type Token = string | (() => string | Promise<string>)

/** The source of the token of a request. */
export interface TokenSource {
  get(): Promise<string>
  /** The last token was refused. @returns whether `get` may now return another */
  refused(): boolean
}

/** A new access token is fetched this long before the old one expires, because the request takes time too. */
const EARLY_MS = 30_000

/** RFC 6749 section 5.1 lets a server leave `expires_in` out. */
const DEFAULT_LIFE_S = 300

/** For other characters the error of `fetch` would quote the key, and the key would be in a log. */
function checked(token: unknown): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  throw new QodArgumentError('token must be a string of printable ASCII characters without spaces')
}

export function givenToken(token: Token): TokenSource {
  const get = typeof token === 'function' ? token : () => token
  if (typeof token === 'string') checked(token)
  return { get: async () => checked(await get()), refused: () => false }
}

/** Fetches access tokens with the credentials of a client, and keeps each until it expires. */
export function clientCredentials(
  oauth: OAuthOptions,
  fetch: typeof globalThis.fetch,
  time: Time,
  timeoutMs: number,
): TokenSource {
  const credentials = credentialsOf(oauth)
  let current: Promise<{ token: string; until: number }> | undefined
  return {
    async get() {
      if (current !== undefined && (await current).until <= time.now()) current = undefined
      current ??= fetchToken(oauth, credentials, fetch, time, timeoutMs).catch((error: unknown) => {
        current = undefined
        throw error
      })
      return (await current).token
    },
    refused() {
      const cached = current !== undefined
      current = undefined
      return cached
    },
  }
}

/** What a client adds to its request for a token. */
interface Credentials {
  readonly form: Record<string, string>
  readonly authorization?: string
}

/**
 * How a client says who it is.
 * @throws {QodArgumentError} with both a secret and a key, with neither, or a subject without a key
 */
function credentialsOf(oauth: OAuthOptions): (nowMs: number) => Promise<Credentials> {
  const { tokenUrl, clientId, clientSecret, privateKey, audience: aud = tokenUrl, subject, authMethod } = oauth
  if ((clientSecret === undefined) === (privateKey === undefined)) {
    throw new QodArgumentError('oauth needs clientSecret or privateKey: one of the two')
  }
  if (privateKey !== undefined) {
    const sign = assertions({ ...oauth, privateKey })
    return async (nowMs) => ({
      form: {
        client_id: clientId,
        client_assertion_type: CLIENT_ASSERTION_TYPE,
        client_assertion: await sign({ iss: clientId, sub: clientId, aud }, nowMs),
        ...(subject !== undefined && {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: await sign({ iss: clientId, sub: subject, aud }, nowMs),
        }),
      },
    })
  }
  if (subject !== undefined) throw new QodArgumentError('oauth.subject needs a privateKey, which signs for it')
  const secret = clientSecret as string
  const credentials: Credentials =
    authMethod === 'client_secret_post'
      ? { form: { client_id: clientId, client_secret: secret } }
      : { form: {}, authorization: `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`)}` }
  return async () => credentials
}

async function fetchToken(
  { tokenUrl, scope }: OAuthOptions,
  credentials: (nowMs: number) => Promise<Credentials>,
  fetch: typeof globalThis.fetch,
  time: Time,
  timeoutMs: number,
) {
  const asked = time.now()
  const { form: given, authorization } = await credentials(asked)
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...given })
  if (scope !== undefined) form.set('scope', scope)
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...(authorization !== undefined && { authorization }),
  }
  let answer: Response
  let text: string
  try {
    const signal = timeoutMs === Infinity ? null : AbortSignal.timeout(timeoutMs)
    answer = await fetch(tokenUrl, { method: 'POST', headers, body: form.toString(), redirect: 'manual', signal })
    text = await answer.text()
  } catch (error) {
    throw new QodConnectionError(
      'the authorization server did not answer',
      failureCode(error),
      'none',
      undefined,
      error,
    )
  }
  const body = membersOf(text)
  if (!answer.ok || typeof body['access_token'] !== 'string') {
    throw new QodApiError({
      status: answer.status,
      code: 'UNAUTHENTICATED',
      message: `the authorization server refused a token (${answer.status} ${String(body['error'] ?? '')})`,
    })
  }
  const life = Number(body['expires_in'] ?? DEFAULT_LIFE_S) * 1000
  return { token: checked(body['access_token']), until: asked + life - Math.min(EARLY_MS, life / 2) }
}

/** RFC 6749 section 2.3.1: form-encoded before they are put together. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
