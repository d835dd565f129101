// The keys that the gateway signs client assertions with (RFC 7523), towards the authorization servers of sinks. Their
// public halves are published, so that a server can verify the assertions.

import { importJWK, SignJWT } from 'jose'
import { SIGNING_ALGORITHM, SigningKeys, type SigningKeysDeps } from './signing-keys.js'

/** An assertion is good for that long, in seconds. */
const ASSERTION_LIFETIME_S = 60

export interface Assertion {
  readonly clientId: string
  readonly audience: string
}

/** All of it throws `KeyMissing` while the keyring is not there. */
export class AssertionKeys extends SigningKeys {
  constructor(deps: SigningKeysDeps) {
    super(deps, { setting: 'assertion-keys', lifetimeS: ASSERTION_LIFETIME_S })
  }

  /** A client assertion (RFC 7523 section 3), to be used once. */
  async assert({ clientId, audience }: Assertion): Promise<string> {
    const { kid, jwk } = await this.signing()
    const nowS = Math.floor(this.deps.realNow() / 1000)
    return new SignJWT({})
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ASSERTION_LIFETIME_S)
      .sign(await importJWK(jwk, SIGNING_ALGORITHM))
  }
}
