import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ConfigError } from './config-error.js'
import type { Config } from './schema.js'

/**
 * Reads a file that a setting names.
 * @throws {ConfigError} naming the setting and the file
 */
export function readNamedFile(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`${setting}: ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Reads certificates that a setting names.
 * @returns PEM
 * @throws {ConfigError} naming the setting and the file: it cannot be read, or holds no certificate that can be read
 */
export function readCertificates(setting: string, file: string): string {
  const pem = readNamedFile(setting, file)
  certificatesIn(setting, file, pem)
  return pem
}

const CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END \1?CERTIFICATE-----/g

/**
 * The certificates of a PEM text, in its order. OpenSSL ignores what is none of them without a word.
 * @throws {ConfigError}
 */
export function certificatesIn(setting: string, file: string, pem: string): [X509Certificate, ...X509Certificate[]] {
  let found: X509Certificate[]
  try {
    found = (pem.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one))
  } catch (error) {
    throw new ConfigError(
      `${setting}: ${file} contains a certificate that cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
  const [first, ...others] = found
  if (first === undefined) throw new ConfigError(`${setting}: ${file} contains no certificate (PEM)`)
  return [first, ...others]
}

/** PEM. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/**
 * The certificate and its key; undefined where there is no TLS.
 * @throws {ConfigError} they cannot be read, are not PEM, or do not belong together
 */
export function readTlsFiles({ tlsCert, tlsKey }: Config['listen']): TlsFiles | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  const tls = { cert: readNamedFile('listen.tlsCert', tlsCert), key: readNamedFile('listen.tlsKey', tlsKey) }
  try {
    createSecureContext(tls)
    return tls
  } catch (error) {
    throw new ConfigError(
      `listen.tlsCert (${tlsCert}) and listen.tlsKey (${tlsKey}) cannot be used: ${(error as Error).message}`,
      { cause: error },
    )
  }
}
