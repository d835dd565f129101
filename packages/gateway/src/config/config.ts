// One typed, validated configuration out of flags, environment and a file. Flags win over the environment, the
// environment over the file, the file over the defaults; an error names the setting and who set it.

import ipaddr from 'ipaddr.js'
import type { TSchema } from 'typebox'
import { Keyring } from '../auth/secrets/keyring.js'
import { familyOf, parsePrefix, prefixFamily, prefixLength } from '../domain/address.js'
import type { Validator } from '../schemas/on-first-use.js'
import { compile, compileThorough } from '../schemas/validator.js'
import { ConfigError } from './config-error.js'
import { unknownVariables } from './environment.js'
import { type Mistake, takeOutMistakes } from './mistakes.js'
import {
  type CamaraConfig,
  type Config,
  configSchemaFor,
  FILE_ONLY,
  isBehindApi,
  type NefConfig,
  type PcfConfig,
  SETTINGS,
  type Setting,
  type TokenConfig,
} from './schema.js'
import { readYaml } from './yaml-file.js'

export { ConfigError } from './config-error.js'

export interface ConfigSources {
  /** By {@link Setting.path}. */
  readonly flags?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Path of a YAML file. */
  readonly file?: string | undefined
  /** A further check: its mistakes are named among the others. Default: none. */
  readonly checks?: readonly ConfigCheck[]
}

/** Checks what the schema cannot check, such as the contents of files that settings name. */
export type ConfigCheck = (config: Config) => readonly FurtherMistake[]

export interface FurtherMistake extends Mistake {
  /** Settings that can cause it: while one of them is wrong, it is not reported. */
  readonly unless?: readonly string[]
}

type Tree = { [name: string]: unknown }

/** @throws {ConfigError} naming every mistake, and where it was made */
export function loadConfig({ flags = {}, env = {}, file, checks = [] }: ConfigSources): Config {
  const { tree, placeOf } = readConfigFile(file)
  const inFile = new Set([...SETTINGS.map(({ path }) => path), ...FILE_ONLY].filter((path) => get(tree, path) != null))
  const givenBy = new Map<string, string>()
  const mistakes = unknownVariables(env)
  for (const setting of SETTINGS) {
    const { path } = setting
    const given = flags[path] ?? env[setting.env]
    if (given === undefined) continue
    givenBy.set(path, flags[path] === undefined ? setting.env : setting.flag)
    put(tree, path, typeof given === 'string' ? fromText(setting, given) : given)
  }
  const { validate, thorough } = validatorsFor(tree['networks'])
  const { mistakes: wrong, given: givenPath } = takeOutMistakes(tree, validate, thorough)
  const say = ({ path: names, message }: Mistake) => {
    const from = [...givenBy].find(([setting]) => isWithin(names, setting.split('.')))?.[1] ?? placeOf(names)
    mistakes.push(from === 'default' ? message : `${message} (${from})`)
  }
  wrong.forEach(say)
  // Combinations are checked only of settings that are valid by themselves.
  const known = (message: string) =>
    !wrong.some(({ path: [group = '', name = ''] }) =>
      message.includes(name === '' || /^\d+$/.test(name) ? group : `${group}.${name}`),
    )
  const refuse: Refuse = (isWrong, message) => {
    if (isWrong && known(message)) mistakes.push(message)
  }
  const place = (path: string) => givenBy.get(path) ?? (inFile.has(path) ? placeOf(path.split('.')) : 'default')
  if (validate(tree)) {
    const config = withSandboxNetwork(tree as Config)
    check(config, (path) => `${path} (${place(path)})`, refuse)
    for (const { path, message, unless = [] } of checks.flatMap((look) => look(config))) {
      const of = [path, ...unless.map((setting) => setting.split('.'))]
      if (!wrong.some((one) => of.some((names) => isWithin(one.path, names)))) say({ path: givenPath(path), message })
    }
  }
  const [first, ...others] = mistakes
  if (first === undefined) return withSandboxNetwork(tree as Config)
  if (others.length === 0) throw new ConfigError(first)
  throw new ConfigError(
    `the configuration has ${mistakes.length} mistakes:\n${mistakes.map((one) => `- ${one}`).join('\n')}`,
  )
}

/** Whether a path is another path, or lies below it. */
const isWithin = (path: readonly string[], outer: readonly string[]): boolean =>
  outer.every((name, depth) => path[depth] === name)

interface Validators {
  readonly validate: Validator
  /** Does not stop at the first violation. */
  readonly thorough: Validator
}

/** By the schema that each was compiled from. */
const validators = new Map<TSchema, Validators>()

/** @param networks as they were given, right or wrong */
function validatorsFor(networks: unknown = []): Validators {
  const kinds = Array.isArray(networks)
    ? networks.map((network: { kind?: unknown } | null) => network?.kind)
    : [networks]
  const schema = configSchemaFor(new Set(kinds))
  const known = validators.get(schema)
  if (known !== undefined) return known
  const made = { validate: compile(schema), thorough: compileThorough(schema) }
  validators.set(schema, made)
  return made
}

/** A sandbox needs no configured network: it exists to try things out. */
const withSandboxNetwork = (config: Config): Config =>
  config.sandbox && config.networks.length === 0
    ? { ...config, networks: [{ kind: 'simulator', id: 'simulator' }] }
    : config

/** Adds a mistake, if there is one. */
type Refuse = (wrong: boolean, message: string) => void

/**
 * Refuses settings that are valid by themselves and wrong together.
 * @param said names a setting and who set it
 */
function check(config: Config, said: (path: string) => string, refuse: Refuse): void {
  const { listen, sandbox, store, keyring, directory, networks } = config
  const hasTls = listen.tlsCert !== undefined
  const [set, missing] = hasTls ? ['listen.tlsCert', 'listen.tlsKey'] : ['listen.tlsKey', 'listen.tlsCert']
  refuse(hasTls !== (listen.tlsKey !== undefined), `${said(set)} is set, but ${missing} is not: set both or neither`)

  const beyondLoopback = !isLoopback(listen.host)
  const host = `${said('listen.host')} is ${listen.host}`
  refuse(sandbox && beyondLoopback, `${host}, but a sandbox listens on loopback only (${said('sandbox')} is true)`)
  refuse(
    beyondLoopback && !sandbox && !hasTls && !listen.plainHttp,
    `${host}, but without TLS the gateway listens on loopback only: set listen.tlsCert and listen.tlsKey, or ` +
      'listen.plainHttp if a proxy in front has TLS',
  )
  refuse(!store.durable && !sandbox, `${said('store.durable')} can be false only in a sandbox`)
  if (store.url !== undefined) {
    const shared = `${said('store.url')} is set: gateways that share a store`
    refuse(
      keyring.file === undefined && keyring.keys === undefined,
      `${shared} need the same keyring: set keyring.file or keyring.keys`,
    )
    refuse(config.publicUrl === undefined, `${shared} need publicUrl, the URL of the load balancer in front of them`)
  }
  const remote = networks.find(({ kind }) => kind === 'remote')
  refuse(
    remote !== undefined && store.url === undefined,
    `${said('networks')}: ${remote?.id} is of kind remote, which needs other gateways: set store.url`,
  )
  refuse(
    keyring.file !== undefined && keyring.keys !== undefined,
    `${said('keyring.file')} and ${said('keyring.keys')} are both set: set one of them`,
  )
  const keys = keyring.keys === undefined ? undefined : keysTrouble(keyring.keys)
  refuse(keys !== undefined, `${said('keyring.keys')} cannot be used: ${keys}`)
  if (directory.kind !== 'store') checkOpenDirectory(directory, said, refuse)
  checkNefDirectory(config, said, refuse)
  checkIssuers(config.oauth.issuers, said, refuse)
  checkSignIn(config.dashboard.oidc, said, refuse)

  const ids = networks.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  refuse(twice !== undefined, `${said('networks')}: two have the id ${twice}`)
  checkLinuxNetworks(config, said, refuse)
  checkCallbacks(config, said, refuse)
  checkNetworksBehindApis(config, said, refuse)
  checkCombined(config, said, refuse)
}

/** Why keys cannot be used; undefined if they can. */
function keysTrouble(text: string): string | undefined {
  try {
    Keyring.parse(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function checkNefDirectory({ directory, networks }: Config, said: (path: string) => string, refuse: Refuse): void {
  const { kind, network } = directory
  if (kind !== 'nef') return
  const known = networks.filter((each) => each.kind === 'nef').map(({ id }) => id)
  refuse(
    network === undefined || !known.includes(network),
    `${said('directory.kind')} is nef: set directory.network to the id of a network of kind nef ` +
      `(${known.length === 0 ? 'there is none' : known.join(', ')})`,
  )
}

function checkOpenDirectory(
  { kind, prefixes, ipv6PrefixLength, identifiers }: Config['directory'],
  said: (path: string) => string,
  refuse: Refuse,
): void {
  const open = `${said('directory.kind')} is ${kind}`
  refuse(prefixes.length === 0, `${open}: set directory.prefixes to the addresses of devices`)
  refuse(
    !identifiers.some((kind) => kind === 'ipv4Address' || kind === 'ipv6Address'),
    `${open}, which identifies devices by addresses: ${said('directory.identifiers')} must contain ipv4Address ` +
      'or ipv6Address',
  )
  const narrow = prefixes
    .map((text) => parsePrefix(text, familyOf(text), 'directory.prefixes'))
    .find((prefix) => prefixFamily(prefix) === 'ipv6' && prefixLength(prefix) > ipv6PrefixLength)
  refuse(
    narrow !== undefined,
    `${said('directory.prefixes')}: ${narrow} is smaller than the prefix of one device, a /${ipv6PrefixLength} by ` +
      said('directory.ipv6PrefixLength'),
  )
}

function checkLinuxNetworks({ networks, sandbox }: Config, said: (path: string) => string, refuse: Refuse): void {
  const all = networks.filter(({ kind }) => kind === 'linux')
  const [first, second] = all
  if (first?.kind !== 'linux') return
  const named = `${said('networks')}: ${first.id} is of kind linux`
  // Its kernel has its own clock.
  refuse(
    sandbox,
    `${named}, which cannot run in a sandbox, because a sandbox moves its clock (${said('sandbox')} is true)`,
  )
  refuse(second !== undefined, `${named}, and so is ${second?.id}: configure one network with several interfaces`)
  const sides = [first.towardsServers, ...first.towardsDevices].map((side) => side.interface)
  const twice = sides.find((name, index) => sides.indexOf(name) !== index)
  refuse(twice !== undefined, `${said('networks')}: ${first.id} has ${twice} twice`)
  const open = first.towardsDevices.filter(({ devices }) => devices === undefined)
  refuse(
    open.length > 1,
    `${said('networks')}: ${first.id} has ${open.length} interfaces towards devices without devices: all but one ` +
      'need devices',
  )
}

function checkCallbacks({ callbacks }: Config, said: (path: string) => string, refuse: Refuse): void {
  const { url, listen } = callbacks
  const hasTls = listen.tlsCert !== undefined
  const [set, missing] = hasTls ? ['tlsCert', 'tlsKey'] : ['tlsKey', 'tlsCert']
  refuse(
    hasTls !== (listen.tlsKey !== undefined),
    `${said(`callbacks.listen.${set}`)} is set, and callbacks.listen.${missing} is not: they belong together`,
  )
  refuse(
    listen.clientCa !== undefined && !hasTls,
    `${said('callbacks.listen.clientCa')} is set, and callbacks.listen.tlsCert is not: without TLS there are no certificates`,
  )
  refuse(
    url !== undefined && listen.port === undefined,
    `${said('callbacks.url')} is set, and callbacks.listen.port is not: nobody would listen`,
  )
}

function checkNetworksBehindApis(config: Config, said: (path: string) => string, refuse: Refuse): void {
  for (const network of config.networks) {
    if (!isBehindApi(network)) continue
    const named = `${said('networks')}: ${network.id}`
    const { clientCert, clientKey } = network
    refuse(
      (clientCert === undefined) !== (clientKey === undefined),
      `${named} must have clientCert and clientKey, or neither: they belong together`,
    )
    switch (network.kind) {
      case 'camara':
        checkTokens(network, named, refuse)
        checkCamara(network, config, named, refuse)
        break
      case 'nef':
        checkTokens(network, named, refuse)
        checkNef(network, config, named, refuse)
        break
      case 'pcf':
        checkPcf(network, config, named, refuse)
        break
    }
  }
}

function checkTokens(network: TokenConfig, named: string, refuse: Refuse): void {
  const { token, tokenFile, tokenUrl, clientId, clientSecret, clientSecretFile } = network
  const ways = [token, tokenFile, tokenUrl].filter((way) => way !== undefined)
  refuse(ways.length > 1, `${named} has more than one of token, tokenFile and tokenUrl: requests carry one token`)
  refuse(
    tokenUrl !== undefined && !isTrustworthy(tokenUrl),
    `${named} must have an https tokenUrl, or http on a loopback: it is sent a secret`,
  )
  refuse(
    (tokenUrl === undefined) !== (clientId === undefined),
    `${named} must have tokenUrl and clientId, or neither: they belong together`,
  )
  refuse(
    clientSecret !== undefined && clientSecretFile !== undefined,
    `${named} has clientSecret and clientSecretFile: the secret is in one place`,
  )
  refuse(
    tokenUrl === undefined && (clientSecret ?? clientSecretFile) !== undefined,
    `${named} has a client secret, and no tokenUrl that it is for`,
  )
}

function checkCamara({ url }: CamaraConfig, { callbacks }: Config, named: string, refuse: Refuse): void {
  const isPlain =
    callbacks.url === undefined ? callbacks.listen.tlsCert === undefined : !callbacks.url.startsWith('https:')
  refuse(
    !isTrustworthy(url),
    `${named} must have an https url, or http on a loopback: whoever answers there is believed`,
  )
  refuse(
    callbacks.listen.port !== undefined && isPlain && !isLoopback(hostOf(url)),
    `${named} is told where to send events, and CAMARA endpoints take https only: set callbacks.listen.tlsCert, or ` +
      'callbacks.url to the https URL of a proxy',
  )
}

/** NEFs that never report the outcome of a subscription. */
const SILENT_DIALECTS: readonly NefConfig['dialect'][] = ['oracle', 'eurecom', 'medianetlab']

function checkNef(network: NefConfig, { callbacks }: Config, named: string, refuse: Refuse): void {
  const { url, dialect, grant, dnn, snssai, qosReferences } = network
  refuse(
    !isTrustworthy(url) && !(url.startsWith('http:') && isPrivate(hostOf(url))),
    `${named} must have an https url, or http on a loopback or a private address: whoever answers there is believed`,
  )
  refuse(
    callbacks.listen.port === undefined,
    `${named} needs callbacks.listen.port: a subscription of a NEF has a URL for its messages`,
  )
  refuse(
    grant === 'onAllocated' && SILENT_DIALECTS.includes(dialect),
    `${named} has grant: onAllocated, and ${dialect} never tells what came of a subscription: it must be onCreated`,
  )
  refuse(
    dialect === 'iavcoelho' && (dnn ?? snssai) !== undefined,
    `${named} has dnn or snssai, which iavcoelho refuses beside an address`,
  )
  const [name] = Object.entries(qosReferences).find(([, value]) => !/^[0-9]{1,3}$/.test(value)) ?? []
  refuse(
    dialect === 'medianetlab' && name !== undefined,
    `${named}: qosReferences.${name} must be a 5QI, a number, because dialect is medianetlab`,
  )
}

function checkPcf(network: PcfConfig, { callbacks }: Config, named: string, refuse: Refuse): void {
  const { url, bsfUrl, nrfUrl, nfInstanceId, core, grant } = network
  refuse(
    (url === undefined) === (bsfUrl === undefined),
    `${named} must have url (of the PCF) or bsfUrl (of a BSF that knows the PCF of each device), and not both`,
  )
  refuse(
    callbacks.listen.port === undefined,
    `${named} needs callbacks.listen.port: a session of a PCF has a URL for its messages`,
  )
  refuse(
    core === 'open5gs' && nrfUrl === undefined,
    `${named} needs nrfUrl: the ids of Open5GS begin again from 1 when its PCF restarts, and the NRF says whether it has`,
  )
  refuse(
    nfInstanceId !== undefined && nrfUrl === undefined,
    `${named} has nfInstanceId, and no nrfUrl to get tokens from`,
  )
  refuse(
    grant === 'onAllocated' && core !== 'standard',
    `${named} has grant: onAllocated, and ${core} never tells what came of a session: it must be onCreated`,
  )
}

function checkCombined({ networks }: Config, said: (path: string) => string, refuse: Refuse): void {
  const taken = new Map<string, string>()
  for (const network of networks) {
    if (network.kind !== 'combined') continue
    const { id, parts, required = parts } = network
    const named = `${said('networks')}: ${id}`
    const stranger = required.find((part) => !parts.includes(part))
    refuse(stranger !== undefined, `${named} requires ${stranger}, which is none of its parts: ${parts.join(', ')}`)
    for (const part of parts) {
      const found = networks.find((other) => other.id === part)
      refuse(found === undefined, `${named} has the part ${part}, and there is no network with this id`)
      refuse(
        found?.kind === 'combined' || found?.kind === 'remote',
        `${named} has the part ${part}, which is of kind ${found?.kind}: a part must be a network of its own`,
      )
      refuse(
        found !== undefined && ('devices' in found || 'phoneNumbers' in found),
        `${named} has the part ${part}, which has devices or phoneNumbers: set them at ${id}`,
      )
      refuse(taken.has(part), `${named} has the part ${part}, which is a part of ${taken.get(part)} already`)
      taken.set(part, id)
    }
  }
}

function checkIssuers(issuers: Config['oauth']['issuers'], said: (path: string) => string, refuse: Refuse): void {
  for (const [index, { id, issuer, jwksUri }] of issuers.entries()) {
    const before = issuers.slice(0, index)
    refuse(
      before.some((other) => other.id === id),
      `${said('oauth.issuers')}: two have the id ${id}`,
    )
    refuse(
      before.some((other) => other.issuer === issuer),
      `${said('oauth.issuers')}: ${issuer} occurs twice`,
    )
    refuse(!isTrustworthy(jwksUri), `${said('oauth.issuers')}: jwksUri of ${id} must be https, or http on a loopback`)
  }
}

function checkSignIn(
  { issuer, clientId, clientSecret, clientSecretFile, scopes, viewers, operators, admins }: Config['dashboard']['oidc'],
  said: (path: string) => string,
  refuse: Refuse,
): void {
  const setting = (name: string) => said(`dashboard.oidc.${name}`)
  if (issuer === undefined) {
    refuse(
      clientId !== undefined,
      `${setting('clientId')} is set, but dashboard.oidc.issuer is not: set both or neither`,
    )
    return
  }
  refuse(!isTrustworthy(issuer), `${setting('issuer')} must be https, or http on a loopback`)
  refuse(clientId === undefined, `${setting('issuer')} is set, but dashboard.oidc.clientId is not: set both or neither`)
  refuse(
    clientSecret !== undefined && clientSecretFile !== undefined,
    `${setting('clientSecret')} and ${setting('clientSecretFile')} are both set: set one of them`,
  )
  refuse(!scopes.includes('openid'), `${setting('scopes')} must contain openid`)
  refuse(
    viewers.length + operators.length + admins.length === 0,
    `${setting('issuer')} is set, but nobody could sign in there: set the values of the role claim in ` +
      'dashboard.oidc.viewers, operators or admins',
  )
}

/** Nobody on the path can answer in its place. */
function isTrustworthy(url: string): boolean {
  const { protocol } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostOf(url)))
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** An address of a private network (RFC 1918, RFC 4193). */
const isPrivate = (host: string): boolean =>
  ipaddr.isValid(host) && ['private', 'uniqueLocal'].includes(ipaddr.process(host).range())

function isLoopback(host: string): boolean {
  return host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback')
}

interface ConfigFile {
  readonly tree: Tree
  /** Where a setting is set: the file, and the line in it. */
  placeOf(path: readonly string[]): string
}

function readConfigFile(file: string | undefined): ConfigFile {
  if (file === undefined) return { tree: {}, placeOf: () => 'default' }
  const { value, lineOf } = readYaml(file, 'the configuration')
  const tree = value ?? {}
  if (typeof tree !== 'object' || Array.isArray(tree)) throw new ConfigError(`${file}: it must be a map of settings`)
  return {
    tree: tree as Tree,
    placeOf(path) {
      const line = lineOf(path)
      return line === undefined ? file : `${file}, line ${line}`
    },
  }
}

/** Text that does not parse as its type stays text: the schema reports it. */
function fromText({ type }: Setting, text: string): unknown {
  switch (type) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text
    case 'list':
      return text === '' ? [] : text.split(',').map((item) => item.trim())
    case 'string':
      return text
  }
}

function get(tree: Tree, path: string): unknown {
  return path.split('.').reduce<unknown>((node, name) => (isTree(node) ? node[name] : undefined), tree)
}

/** A group that is no map stays as it is: the schema reports it. */
function put(tree: Tree, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() as string
  let node = tree
  for (const name of names) {
    node[name] ??= {}
    const next = node[name]
    if (!isTree(next)) return
    node = next
  }
  node[last] = value
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null
