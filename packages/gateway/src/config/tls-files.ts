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
 * The certificate and its key; undefined where there is no TLS.
 * @throws {ConfigError} they cannot be read, are not PEM, or do not belong together
 */
export function readTlsFiles({ tlsCert, tlsKey }: Config['listen']): { cert: string; key: string } | undefined {
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
