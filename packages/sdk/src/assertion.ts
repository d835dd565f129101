// Signed assertions (RFC 7523): client authentication, and subjects. By WebCrypto, which every runtime has.

import { QodArgumentError } from './errors.js'

/** RFC 7518 section 3.1. */
export type SigningAlgorithm = 'ES256' | 'PS256' | 'RS256'

/** The private key of a client: a JWK (RFC 7517), or PKCS #8 as PEM. */
export type PrivateKey = string | { readonly kty?: string | undefined }

export interface SigningKey {
  readonly privateKey: PrivateKey
  readonly algorithm?: SigningAlgorithm | undefined
  readonly keyId?: string | undefined
}

type ImportedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

const SHA256 = { hash: 'SHA-256' }
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', ...SHA256 },
  PS256: { name: 'RSA-PSS', saltLength: 32, ...SHA256 },
  RS256: { name: 'RSASSA-PKCS1-v1_5', ...SHA256 },
} as const

/** In seconds: clocks differ, and servers accept at most 300. */
const LIFE_S = 120

/** Value of `client_assertion_type` (RFC 7523 section 2.2). */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Signs assertions with one key.
 * @throws {QodArgumentError} the key cannot sign
 */
export function assertions({ privateKey, algorithm, keyId }: SigningKey) {
  let imported: Promise<{ alg: SigningAlgorithm; key: ImportedKey; kid: unknown }> | undefined
  return async (claims: { iss: string; sub: string; aud: string }, nowMs: number): Promise<string> => {
    imported ??= importKey(privateKey, algorithm)
    const { alg, key, kid } = await imported
    const iat = Math.floor(nowMs / 1000)
    const payload = { ...claims, iat, exp: iat + LIFE_S, jti: crypto.randomUUID() }
    const text = `${encoded({ alg, typ: 'JWT', kid: keyId ?? kid })}.${encoded(payload)}`
    const signature = await crypto.subtle.sign(ALGORITHMS[alg], key, new TextEncoder().encode(text))
    return `${text}.${base64url(String.fromCharCode(...new Uint8Array(signature)))}`
  }
}

async function importKey(given: PrivateKey, algorithm: SigningAlgorithm | undefined) {
  const { alg: named, kid, use: _use, key_ops: _operations, ext: _ext, ...jwk } = membersOf(given)
  const possible = [algorithm ?? named ?? ['ES256', 'RS256']].flat() as SigningAlgorithm[]
  for (const alg of possible) {
    const parameters = ALGORITHMS[alg]
    try {
      const key =
        typeof given === 'string'
          ? await crypto.subtle.importKey('pkcs8', pkcs8(given), parameters, false, ['sign'])
          : await crypto.subtle.importKey('jwk', jwk, parameters, false, ['sign'])
      return { alg, key, kid }
    } catch {
      // Not for this algorithm, or not a key: the message of the runtime may quote it.
    }
  }
  throw new QodArgumentError(
    `oauth.privateKey must be a private key for ${possible.join(' or ')}: a JWK, or PEM that begins with BEGIN PRIVATE KEY`,
  )
}

const membersOf = (key: PrivateKey): Record<string, unknown> => (typeof key === 'string' ? {} : { ...key })

/** @throws {Error} it is no PEM */
const pkcs8 = (pem: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(pem.replace(/-----(BEGIN|END) PRIVATE KEY-----|\s/g, '')), (character) =>
    character.charCodeAt(0),
  )

/** ASCII only: other characters of JSON are escaped. */
const encoded = (value: object): string =>
  base64url(
    JSON.stringify(value).replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )

const base64url = (bytes: string): string => btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
