// Mistakes in the files that settings name. They are reported together with the other mistakes of a configuration.

import { ConfigError } from '../config/config-error.js'
import { readKeyring, readSharedKeyring } from '../config/keyring-source.js'
import type { Mistake } from '../config/mistakes.js'
import { readProfiles } from '../config/profiles-file.js'
import { type ApiConfig, type Config, isBehindApi, type TokenConfig } from '../config/schema.js'
import { readCertificates, readNamedFile, readSecret, readTlsPair } from '../config/tls-files.js'
import { type Finding, ok } from './finding.js'

/** Whether the files that settings name can be used. @throws {ConfigError} all that cannot, one line each */
export function checkNamedFiles(config: Config): Finding {
  const mistakes = namedFileMistakes(config)
  if (mistakes.length > 0) throw new ConfigError(mistakes.map(({ message }) => message).join('\n'))
  return ok('files', 'all files named in the settings are usable')
}

/** A setting that may name a file. */
interface Naming {
  readonly path: readonly string[]
  /** Its name in messages. */
  readonly setting: string
  readonly file: string | undefined
}

/** All mistakes in the files that settings name. */
export function namedFileMistakes({
  listen,
  sinks,
  dashboard,
  keyring,
  profiles,
  networks,
  callbacks,
  store,
}: Config): Mistake[] {
  const naming = (setting: string, file: string | undefined): Naming => ({ path: setting.split('.'), setting, file })
  const { tlsCert, tlsKey, clientCa } = callbacks.listen
  return [
    ...pairMistakes(naming('listen.tlsCert', listen.tlsCert), naming('listen.tlsKey', listen.tlsKey)),
    ...mistakesOf(naming('keyring.file', keyring.file), (_, file) =>
      store.url === undefined ? readKeyring(file) : readSharedKeyring(file),
    ),
    ...mistakesOf(naming('sinks.ca', sinks.ca), readCertificates),
    ...mistakesOf(naming('dashboard.oidc.clientSecretFile', dashboard.oidc.clientSecretFile), readNamedFile),
    ...mistakesOf(naming('profiles.seed', profiles.seed), (_, file) => readProfiles(file)),
    ...pairMistakes(naming('callbacks.listen.tlsCert', tlsCert), naming('callbacks.listen.tlsKey', tlsKey)),
    ...mistakesOf(naming('callbacks.listen.clientCa', clientCa), readCertificates),
    ...networks.flatMap((network, index) => (isBehindApi(network) ? networkMistakes(network, index) : [])),
  ]
}

function networkMistakes(network: ApiConfig, index: number): Mistake[] {
  const naming = (name: string, file: string | undefined): Naming => ({
    path: ['networks', String(index), name],
    setting: `${name} of the network ${network.id}`,
    file,
  })
  const secrets: Pick<TokenConfig, 'tokenFile' | 'clientSecretFile'> = network.kind === 'pcf' ? {} : network
  return [
    ...mistakesOf(naming('ca', network.ca), readCertificates),
    ...pairMistakes(naming('clientCert', network.clientCert), naming('clientKey', network.clientKey)),
    ...mistakesOf(naming('tokenFile', secrets.tokenFile), readSecret),
    ...mistakesOf(naming('clientSecretFile', secrets.clientSecretFile), readSecret),
  ]
}

/** A certificate and its key; if only one of them is set, neither is read. */
function pairMistakes(cert: Naming, key: Naming): Mistake[] {
  if (cert.file === undefined || key.file === undefined) return []
  const unreadable = [cert, key].flatMap((one) => mistakesOf(one, readNamedFile))
  return unreadable.length > 0 ? unreadable : mistakesOf(cert, () => readTlsPair(cert, key))
}

/** @param read throws if the file cannot be used */
function mistakesOf({ path, setting, file }: Naming, read: (setting: string, file: string) => unknown): Mistake[] {
  if (file === undefined) return []
  try {
    read(setting, file)
    return []
  } catch (error) {
    return [{ path, message: (error as Error).message }]
  }
}
