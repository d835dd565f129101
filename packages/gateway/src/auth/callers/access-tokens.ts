// Access tokens: JWTs of known issuers (RFC 9068, and earlier forms).

import { QodError } from '@rightofway/camara'
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Caller } from '../../domain/caller.js'

/** An issuer whose tokens are accepted. */
export interface TokenIssuer {
  /** `iss` of its tokens. */
  readonly issuer: string
  /**
   * Whose token it is; undefined if it is nobody's: forged, expired, meant for another API, or revoked.
   * @throws {QodError} `UNAVAILABLE` it cannot be verified now
   */
  verify(token: string): Promise<Caller | undefined>
}

/** Signatures whose key only the issuer has. A shared secret could be anybody's, and `none` is. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Clocks of issuers may be off by that much, in seconds. */
const CLOCK_TOLERANCE_S = 5

/** Errors of the token itself. All others mean that the keys of the issuer are not available. */
const FAULTS_OF_TOKENS: ReadonlySet<string> = new Set([
  errors.JWTInvalid.code,
  errors.JWTExpired.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
])

/** Whose token it is, whoever of the issuers made it. */
export function accessTokens(issuers: readonly TokenIssuer[]): Pick<TokenIssuer, 'verify'> {
  return {
    async verify(token) {
      const iss = issuerOf(token)
      return issuers.find(({ issuer }) => issuer === iss)?.verify(token)
    },
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/**
 * The claims of a token; undefined if it is not to be taken.
 * @throws {QodError} `UNAVAILABLE` the issuer's keys cannot be had now
 */
export async function verifyJwt(
  token: string,
  keys: JWTVerifyGetKey,
  realNow: number,
  options: Pick<JWTVerifyOptions, 'issuer' | 'audience' | 'typ'>,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      ...options,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp'],
      currentDate: new Date(realNow),
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError && FAULTS_OF_TOKENS.has(error.code)) return undefined
    throw new QodError('UNAVAILABLE', 'The keys of the token issuer cannot be fetched now: try again later.', {
      cause: error,
      retryAfterSeconds: 1,
    })
  }
}

/** RFC 8693 section 4.2 has one text, some issuers a list. */
export function scopesOf(claim: unknown): ReadonlySet<string> {
  if (Array.isArray(claim)) return new Set(claim.filter((scope) => typeof scope === 'string'))
  return new Set(typeof claim === 'string' ? claim.split(' ').filter((scope) => scope !== '') : [])
}
