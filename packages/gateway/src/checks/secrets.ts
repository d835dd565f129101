import { statSync } from 'node:fs'
import { type Config, isBehindApi, type TokenConfig } from '../config/schema.js'
import { type Finding, ok, warning } from './finding.js'

const CHECK = 'secrets'
const OTHERS_READ = 0o004

/** The sources of settings. */
export interface SettingsGiven {
  /** The configuration file. */
  readonly file?: string | undefined
  /** Paths of settings that are command-line arguments. */
  readonly flags: readonly string[]
  /** Paths of settings that are environment variables. */
  readonly env: readonly string[]
}

const hasPassword = (url: string | undefined): boolean => url !== undefined && /:\/\/[^@/]*:[^@]*@/.test(url)

/** Settings that contain a secret. */
function secretSettings({ store, keyring, dashboard, sinks, networks }: Config): string[] {
  return [
    ...(hasPassword(store.url) ? ['store.url'] : []),
    ...(keyring.keys === undefined ? [] : ['keyring.keys']),
    ...(dashboard.oidc.clientSecret === undefined ? [] : ['dashboard.oidc.clientSecret']),
    ...(hasPassword(sinks.proxy) ? ['sinks.proxy'] : []),
    ...(networks.some((network) => 'token' in network || 'clientSecret' in network) ? ['networks'] : []),
  ]
}

const tokenFiles = ({ id, tokenFile, clientSecretFile }: TokenConfig): [string, string | undefined][] => [
  [`tokenFile of ${id}`, tokenFile],
  [`clientSecretFile of ${id}`, clientSecretFile],
]

/** Settings that name a file with a secret. */
const secretFiles = ({
  listen,
  callbacks,
  dashboard,
  networks,
}: Config): [setting: string, file: string | undefined][] => [
  ['listen.tlsKey', listen.tlsKey],
  ['callbacks.listen.tlsKey', callbacks.listen.tlsKey],
  ['dashboard.oidc.clientSecretFile', dashboard.oidc.clientSecretFile],
  ...networks.flatMap((network): [string, string | undefined][] =>
    isBehindApi(network)
      ? [...(network.kind === 'pcf' ? [] : tokenFiles(network)), [`clientKey of ${network.id}`, network.clientKey]]
      : [],
  ),
]

/** Whether other users of the machine can read secrets: in files, or in the process list. */
export function checkSecrets(config: Config, given: SettingsGiven | undefined): Finding[] {
  const secret = secretSettings(config)
  const { flags = [], env = [], file } = given ?? {}
  const inFlags = secret.filter((path) => flags.includes(path))
  const inFile = secret.filter((path) => !flags.includes(path) && !env.includes(path))
  const found: Finding[] = inFlags.map((path) =>
    warning(
      CHECK,
      `${path} is an argument of the command line, which every user of this machine can read`,
      'set it in the configuration file, or by an environment variable',
    ),
  )
  if (file !== undefined && inFile.length > 0 && isReadable(file)) {
    found.push(warning(CHECK, `${file} contains ${inFile.join(', ')}, and every user can read it`, `chmod 640 ${file}`))
  }
  for (const [setting, named] of secretFiles(config)) {
    if (named !== undefined && isReadable(named)) {
      found.push(warning(CHECK, `every user can read ${named} (${setting})`, `chmod 640 ${named}`))
    }
  }
  return found.length > 0 ? found : [ok(CHECK, 'no other user can read them')]
}

/** A missing file is reported by another check. */
const isReadable = (file: string): boolean =>
  ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS_READ) !== 0
