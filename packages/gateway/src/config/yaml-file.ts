import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { ConfigError } from './config-error.js'

/** How messages name a file. */
export const nameOf = (file: string | URL): string => (typeof file === 'string' ? file : fileURLToPath(file))

/**
 * What a YAML file holds; null if it is empty.
 * @param what the file is, for messages: `the configuration`
 * @throws {ConfigError} it cannot be read, or is not YAML
 */
export function readYaml(file: string | URL, what: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${what} ${nameOf(file)} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
