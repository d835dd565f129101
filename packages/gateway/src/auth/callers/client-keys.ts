// The public keys of OAuth clients that authenticate with assertions instead of a secret (RFC 7523 section 2.2).

import { QodError } from '@rightofway/camara'
import { type CryptoKey, importJWK } from 'jose'
import type { ClientKeys, PublicJwk } from '../../domain/application.js'

/** Signatures that a client may make: those of the CAMARA Security and Interoperability Profile, and RS256 of many libraries. */
export const CLIENT_ALGORITHMS = ['ES256', 'PS256', 'RS256'] as const
type Algorithm = (typeof CLIENT_ALGORITHMS)[number]

/** Members that only the private half has (RFC 7518 section 6), or a shared secret. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** RFC 7518 section 3.3. */
const MIN_RSA_BITS = 2048

/**
 * Refuses keys that cannot verify an assertion.
 * @throws {QodError} `INVALID_ARGUMENT` with the place of the key that is wrong
 */
export async function checkClientKeys({ jwks, jwksUri }: ClientKeys): Promise<void> {
  if (jwks === undefined) {
    checkAddress(jwksUri)
    return
  }
  for (const [index, key] of jwks.keys.entries()) {
    const trouble = await keyTrouble(key)
    if (trouble !== undefined) throw invalid(`jwks.keys[${index}] ${trouble}`)
  }
  const kids = jwks.keys.map(({ kid }) => kid)
  if (kids.length > 1 && new Set(kids.filter((kid) => kid !== undefined)).size < kids.length) {
    throw invalid('jwks.keys must each have a kid of their own where there are several')
  }
}

/** Whether a client can be known by that key. */
export const isGoodKey = async (key: PublicJwk): Promise<boolean> => (await keyTrouble(key)) === undefined

function checkAddress(jwksUri: string): void {
  const { protocol, hash, username, password } = new URL(jwksUri)
  if (protocol !== 'https:' || hash !== '' || username !== '' || password !== '') {
    throw invalid('jwksUri must be https, without a user name and without a fragment')
  }
}

async function keyTrouble(key: PublicJwk): Promise<string | undefined> {
  if (PRIVATE.some((member) => key[member] !== undefined)) {
    return 'must be the public half of a key: make a new key, this one is known to others now'
  }
  if (key['use'] !== undefined && key['use'] !== 'sig') return 'must have the use sig, or none'
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) return `must be for ${CLIENT_ALGORITHMS.join(', ')}: RSA, or EC with the curve P-256`
  const imported = await importJWK({ ...key }, algorithm).catch(() => undefined)
  if (imported === undefined || imported instanceof Uint8Array) return 'is no key'
  return bitsOf(imported) < MIN_RSA_BITS ? `must have ${MIN_RSA_BITS} bits at least` : undefined
}

function algorithmOf({ kty, crv, alg }: PublicJwk): Algorithm | undefined {
  const possible: readonly Algorithm[] =
    kty === 'RSA' ? ['PS256', 'RS256'] : kty === 'EC' && crv === 'P-256' ? ['ES256'] : []
  return alg === undefined ? possible[0] : possible.find((algorithm) => algorithm === alg)
}

/** Of an elliptic curve: enough. */
const bitsOf = ({ algorithm }: CryptoKey): number =>
  (algorithm as { readonly modulusLength?: number }).modulusLength ?? Number.POSITIVE_INFINITY

const invalid = (message: string): QodError => new QodError('INVALID_ARGUMENT', message)
