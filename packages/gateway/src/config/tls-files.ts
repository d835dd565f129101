import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ConfigError } from './config-error.js'
import type { ApiConfig, Config, TokenConfig } from './schema.js'

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
 * Reads a token or a secret for use in a header.
 * @returns it, without surrounding blanks
 * @throws {ConfigError} naming the setting and the file: it cannot be read, or contains something else
 */
export function readSecret(setting: string, file: string): string {
  const secret = readNamedFile(setting, file).trim()
  if (/^[\x21-\x7e]{1,8192}$/.test(secret)) return secret
  throw new ConfigError(`${setting}: ${file} must contain one word of 1 to 8192 visible ASCII characters`)
}

/**
 * Reads certificates that a setting names.
 * @returns PEM
 * @throws {ConfigError} naming the setting and the file: it cannot be read, or contains no valid certificate
 */
export function readCertificates(setting: string, file: string): string {
  const pem = readNamedFile(setting, file)
  certificatesIn(setting, file, pem)
  return pem
}

const CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END \1?CERTIFICATE-----/g

/**
 * The certificates of a PEM text, in its order. OpenSSL silently ignores everything else.
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
 * The certificate and its key; undefined without TLS.
 * @throws {ConfigError} they cannot be read, are not PEM, or do not belong together
 */
export function readTlsFiles({ tlsCert, tlsKey }: Config['listen']): TlsFiles | undefined {
  return readTlsPair({ setting: 'listen.tlsCert', file: tlsCert }, { setting: 'listen.tlsKey', file: tlsKey })
}

/** A file, and the setting that names it. */
export interface NamedFile {
  readonly setting: string
  readonly file: string | undefined
}

/**
 * A certificate and its key; undefined if neither is set.
 * @throws {ConfigError} they cannot be read, are not PEM, or do not belong together
 */
export function readTlsPair(cert: NamedFile, key: NamedFile): TlsFiles | undefined {
  if (cert.file === undefined || key.file === undefined) return undefined
  const tls = { cert: readNamedFile(cert.setting, cert.file), key: readNamedFile(key.setting, key.file) }
  try {
    createSecureContext(tls)
    return tls
  } catch (error) {
    throw new ConfigError(
      `${cert.setting} (${cert.file}) and ${key.setting} (${key.file}) cannot be used: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/**
 * The TLS options of the listener for messages of networks; undefined without TLS.
 * @throws {ConfigError} as {@link readTlsFiles}
 */
export function readCallbackTls({ listen }: Config['callbacks']): (TlsFiles & { clientCa?: string }) | undefined {
  const tls = readTlsPair(
    { setting: 'callbacks.listen.tlsCert', file: listen.tlsCert },
    { setting: 'callbacks.listen.tlsKey', file: listen.tlsKey },
  )
  if (tls === undefined || listen.clientCa === undefined) return tls
  return { ...tls, clientCa: readCertificates('callbacks.listen.clientCa', listen.clientCa) }
}

/** The credentials for a network behind an API, read from the files that its settings name. */
export interface ApiFiles {
  readonly tls: { readonly ca?: string } & Partial<TlsFiles>
  readonly token?: string
  readonly clientSecret?: string
}

/** @throws {ConfigError} naming the network and the file */
export function readApiFiles(network: ApiConfig): ApiFiles {
  const setting = (name: string) => `${name} of the network ${network.id}`
  // A PCF has neither tokens nor secrets.
  const tokens: Pick<TokenConfig, 'token' | 'tokenFile' | 'clientSecret' | 'clientSecretFile'> =
    network.kind === 'pcf' ? {} : network
  const secret = (name: 'tokenFile' | 'clientSecretFile') => {
    const file = tokens[name]
    return file === undefined ? undefined : readSecret(setting(name), file)
  }
  const token = tokens.token ?? secret('tokenFile')
  const clientSecret = tokens.clientSecret ?? secret('clientSecretFile')
  return {
    tls: {
      ...(network.ca !== undefined && { ca: readCertificates(setting('ca'), network.ca) }),
      ...readTlsPair(
        { setting: setting('clientCert'), file: network.clientCert },
        { setting: setting('clientKey'), file: network.clientKey },
      ),
    },
    ...(token !== undefined && { token }),
    ...(clientSecret !== undefined && { clientSecret }),
  }
}
