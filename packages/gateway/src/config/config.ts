// One typed, validated configuration out of flags, environment and a file. Flags win over the environment, the
// environment over the file, the file over the defaults; an error names the setting and who set it.

import { readFileSync } from 'node:fs'
import { describeViolation, type Violation } from '@rightofway/camara/schemas'
import { parse } from 'yaml'
import { type Config, ConfigSchema, SETTINGS, type Setting } from './schema.js'
import { compile } from './validator.js'

/** The configuration cannot be used; the message says which setting, where it was set, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface ConfigSources {
  /** By {@link Setting.path}. */
  readonly flags?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Path of a YAML file. */
  readonly file?: string | undefined
}

type Tree = { [name: string]: unknown }

const validate = compile(ConfigSchema)

/** @throws {ConfigError} */
export function loadConfig({ flags = {}, env = {}, file }: ConfigSources): Config {
  const tree: Tree = file === undefined ? {} : readConfigFile(file)
  const origin = new Map<string, string>()
  for (const setting of SETTINGS) {
    const given = flags[setting.path] ?? env[setting.env]
    if (given === undefined) continue
    const from = flags[setting.path] === undefined ? setting.env : setting.flag
    origin.set(setting.path, from)
    put(tree, setting.path, typeof given === 'string' ? fromText(setting, given, from) : given)
  }
  if (!validate(tree)) {
    const { pointer, message } = describeViolation(validate.errors as Violation[], 'configuration')
    const path = pointer.slice(1).replaceAll('/', '.')
    const from = [...origin].find(([setting]) => path === setting || path.startsWith(`${setting}.`))?.[1]
    throw new ConfigError(`${message.replace(' (configuration)', '')} (${from ?? file ?? 'default'})`)
  }
  return checked(tree as Config)
}

/** Settings that are right by themselves and wrong together. */
function checked(config: Config): Config {
  const { listen, sandbox, store, directory, networks } = config
  const loopback = /^(127\.|::1$|localhost$)/.test(listen.host)
  const fail = (message: string): never => {
    throw new ConfigError(message)
  }
  if ((listen.tlsCert === undefined) !== (listen.tlsKey === undefined)) {
    fail('listen.tlsCert and listen.tlsKey belong together: one is set, the other is not')
  }
  if (sandbox && !loopback) fail(`a sandbox listens on loopback only; listen.host is ${listen.host}`)
  if (!store.durable && !sandbox)
    fail('store.durable can be false only in a sandbox: a session that was answered is kept')
  if (listen.tlsCert === undefined && !loopback && !listen.plainHttp) {
    fail(
      `listen.host is ${listen.host}, and without TLS the gateway listens on loopback only: set listen.tlsCert and ` +
        'listen.tlsKey, or listen.plainHttp if a proxy in front has TLS',
    )
  }
  if (directory.kind === 'open' && directory.prefixes.length === 0) {
    fail('directory.kind is open: directory.prefixes must say which addresses are devices')
  }
  const ids = networks.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) fail(`networks: two are named ${twice}`)
  return config
}

function readConfigFile(file: string): Tree {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`the configuration file cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    const tree: unknown = parse(text) ?? {}
    if (typeof tree !== 'object' || Array.isArray(tree)) throw new Error('it must be a map of settings')
    return tree as Tree
  } catch (error) {
    throw new ConfigError(`${file} is not valid: ${(error as Error).message}`, { cause: error })
  }
}

function fromText({ path, type }: Setting, text: string, from: string): unknown {
  switch (type) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new ConfigError(`${path} must be true or false (${from})`)
    case 'list':
      return text === '' ? [] : text.split(',').map((item) => item.trim())
    default:
      return text
  }
}

function put(tree: Tree, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() as string
  let node = tree
  for (const name of names) {
    node[name] ??= {}
    node = node[name] as Tree
  }
  node[last] = value
}
