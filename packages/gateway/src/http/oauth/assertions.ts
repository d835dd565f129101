// Assertions of clients with keys: for client authentication (RFC 7523 section 2.2), and as a grant (section 2.1).

import { instant, type Mutable } from '@rightofway/camara'
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose'
import type { errors, KoaContextWithOIDC } from 'oidc-provider'
import { CLIENT_ALGORITHMS } from '../../auth/callers/client-keys.js'
import type { Secrets } from '../../auth/secrets/keyring.js'
import type { GrantRecord, GrantStore } from '../../ports/store/grants.js'

/** Maximum lifetime of an assertion, in seconds (CAMARA Security and Interoperability Profile r4.2). */
const MAX_ASSERTION_S = 300
/** Maximum lifetime of a signed authentication request, in seconds. */
const MAX_REQUEST_S = 3_600
/** Tolerated error of clients' clocks, in seconds. */
export const CLOCK_TOLERANCE_S = 5
/** Longer than those of any library. */
const MAX_JTI = 256

/** Claims of both kinds of assertions. */
type Claims = Readonly<Pick<JWTPayload, 'exp' | 'iat' | 'jti'>>

/** The error in the times or the id of an assertion with a valid signature; undefined: none. */
export const assertionTrouble = (claims: Claims, realNow: number) => trouble(claims, realNow, MAX_ASSERTION_S)

/** The same for a signed authentication request. */
export const requestTrouble = (claims: Claims, realNow: number) => trouble(claims, realNow, MAX_REQUEST_S)

function trouble({ exp, iat, jti }: Claims, realNow: number, withinS: number): string | undefined {
  const nowS = realNow / 1000
  if (typeof exp !== 'number') return 'exp is required'
  if (exp > nowS + withinS + CLOCK_TOLERANCE_S) return `exp must be within ${withinS} s`
  if (iat !== undefined && !(iat <= nowS + CLOCK_TOLERANCE_S)) return 'iat is in the future'
  if (typeof jti !== 'string' || jti === '') return 'jti is required'
  return jti.length > MAX_JTI ? `jti can have at most ${MAX_JTI} characters` : undefined
}

export interface UsedAssertionsDeps {
  readonly grants: GrantStore
  readonly secrets: Secrets
}

/**
 * Records the use of an assertion. For concurrent uses, on all gateways, the result is true once.
 * @param expiresAtS when it expires, in seconds since the epoch
 */
export function usedAssertions({ grants, secrets }: UsedAssertionsDeps) {
  return (issuer: string, jti: string, expiresAtS: number): Promise<boolean> => {
    const mark: Mutable<GrantRecord> = {
      id: `oauth:${secrets.pseudonym('oauth', 'assertion', issuer, jti)}`,
      body: secrets.encrypt(jti),
      expiresAt: instant(expiresAtS * 1000),
    }
    return grants.add(mark)
  }
}

export interface AssertedDeps {
  readonly realNow: () => number
  /** URL of the authorization server. */
  readonly issuer: string
  readonly unique: ReturnType<typeof usedAssertions>
  /** Creates the error. */
  readonly invalidGrant: (description: string) => errors.OIDCProviderError
}

/** A client that has just authenticated with a signature, so it has keys. */
interface WithKeys {
  readonly asymmetricKeyStore: Iterable<JSONWebKeySet['keys'][number]>
}

/**
 * The subscriber of a request: `sub` of the signed assertion (RFC 7523 section 3).
 * @throws {errors.OIDCProviderError} `invalid_grant` the assertion is invalid
 */
export async function assertedSubject(
  { oidc: { client, params } }: KoaContextWithOIDC,
  { realNow, issuer, unique, invalidGrant }: AssertedDeps,
): Promise<string> {
  const clientId = client?.clientId as string
  const keys = createLocalJWKSet({ keys: [...(client as unknown as WithKeys).asymmetricKeyStore] })
  const assertion = String(params?.['assertion'] ?? '')
  if (assertion === '') throw invalidGrant('assertion is required')
  const { payload } = await jwtVerify(assertion, keys, {
    algorithms: [...CLIENT_ALGORITHMS],
    issuer: clientId,
    audience: [issuer, `${issuer}/token`],
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: new Date(realNow()),
  }).catch((error: unknown) => {
    if (error instanceof joseErrors.JOSEError) throw invalidGrant(`assertion: ${saidOf(error)}`)
    throw error
  })
  const trouble = assertionTrouble(payload, realNow())
  if (trouble !== undefined) throw invalidGrant(`assertion: ${trouble}`)
  const { sub, jti, exp } = payload as Required<JWTPayload>
  if (typeof sub !== 'string') throw invalidGrant('assertion: sub is required')
  if (!(await unique(`${clientId} subject`, jti, exp + CLOCK_TOLERANCE_S))) {
    throw invalidGrant('assertion: it was used before')
  }
  return sub
}

/** Describes the error without the input. */
function saidOf(error: joseErrors.JOSEError): string {
  if (error instanceof joseErrors.JWTExpired) return 'it has expired'
  if (error instanceof joseErrors.JWTClaimValidationFailed) return `${error.claim} is missing or wrong`
  if (error instanceof joseErrors.JOSEAlgNotAllowed) return `alg must be one of ${CLIENT_ALGORITHMS.join(', ')}`
  return 'it is not signed by a key of this client'
}
