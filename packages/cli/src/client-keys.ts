// The keys of an OAuth client that signs (private_key_jwt): read from a file, or created.

import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CliError, EXIT } from './exit-codes.js'

export interface ClientKeys {
  /** The public keys for the gateway. */
  readonly client: { readonly jwks: { readonly keys: readonly JsonWebKey[] } } | { readonly jwksUri: string }
  /** The private key, if it was created here. */
  readonly privateKey?: JsonWebKey
}

export interface KeyOptions {
  readonly privateKeyJwt?: boolean
  readonly jwks?: string
  readonly jwksUri?: string
}

/**
 * The keys that the options name; undefined: the client has a secret.
 * @throws {CliError} the file contains no key, or two options contradict each other
 */
export function clientKeys({ privateKeyJwt, jwks, jwksUri }: KeyOptions): ClientKeys | undefined {
  if (jwks !== undefined && jwksUri !== undefined) throw usage('give --jwks or --jwks-uri, not both')
  if (jwks !== undefined) return { client: { jwks: { keys: readKeys(jwks) } } }
  if (jwksUri !== undefined) return { client: { jwksUri } }
  return privateKeyJwt ? newKeys() : undefined
}

function newKeys(): ClientKeys {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = { kid: randomUUID(), alg: 'ES256', use: 'sig' }
  return {
    client: { jwks: { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), ...names }] } },
    privateKey: { ...pair.privateKey.export({ format: 'jwk' }), ...names },
  }
}

/** The public halves of the keys in a file: a JWK, a JWK set, or a key as PEM. */
function readKeys(file: string): readonly JsonWebKey[] {
  const text = read(file)
  if (text.startsWith('-----BEGIN')) return [publicHalf(file, text)]
  const { keys = [parsed(file, text)] } = parsed(file, text) as { readonly keys?: readonly JsonWebKey[] }
  if (!Array.isArray(keys)) throw usage(`${file}: keys must be a list`)
  return (keys as readonly JsonWebKey[]).map((jwk) => {
    const { kid, alg, use } = Object(jwk) as JsonWebKey
    const names = Object.fromEntries(Object.entries({ kid, alg, use }).filter(([, value]) => value !== undefined))
    return { ...publicHalf(file, { key: jwk, format: 'jwk' }), ...names }
  })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function parsed(file: string, text: string): object {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    // The message of the parser quotes the input.
    throw usage(`${file} must be a JWK, a JWK set, or a key as PEM`)
  }
}

function publicHalf(file: string, key: Parameters<typeof createPublicKey>[0]): JsonWebKey {
  try {
    return createPublicKey(key).export({ format: 'jwk' })
  } catch {
    throw usage(`${file} holds something that is no key`)
  }
}

const usage = (message: string): CliError => new CliError(message, EXIT.usage)
