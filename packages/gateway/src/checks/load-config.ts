import { connectionMistakes } from '../adapters/store-postgres/index.js'
import { type ConfigCheck, type ConfigSources, loadConfig as loadValues } from '../config/config.js'
import type { Config } from '../config/schema.js'
import { suggestion } from '../config/suggestion.js'
import { namedFileMistakes } from './named-files.js'
import { NO_NETWORK } from './networks-named.js'

export interface LoadOptions extends ConfigSources {
  /**
   * Whether a gateway is to start with it: then also the requirements of a start, and the files that settings name, are
   * checked.
   */
  readonly toStart?: boolean
}

/**
 * The configuration by flags, environment and file.
 * @throws {ConfigError} naming every mistake, and where it was made
 */
export function loadConfig({ toStart = false, checks = [], ...sources }: LoadOptions): Config {
  const further = toStart ? [checkConnection(true), namedFileMistakes, checkNetworks] : [checkConnection(false)]
  return loadValues({ ...sources, checks: [...further, ...checks] })
}

const checkConnection =
  (files: boolean): ConfigCheck =>
  ({ store: { url } }) =>
    (url === undefined ? [] : connectionMistakes(url, files)).map(({ message, unknown }) => ({
      path: ['store', 'url'],
      message: message + (unknown === undefined ? '' : suggestion(unknown.name, unknown.known)),
    }))

const checkNetworks: ConfigCheck = ({ networks }) =>
  networks.length === 0 ? [{ path: ['networks'], message: NO_NETWORK, unless: ['sandbox'] }] : []
