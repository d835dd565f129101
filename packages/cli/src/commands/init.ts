import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { type Config, loadConfig } from '@rightofway/gateway'
import { type Command, Option } from 'commander'
import { collect } from '../arguments.js'
import { CliError, EXIT } from '../exit-codes.js'
import { configText } from '../init/config-text.js'
import { type Ask, interview } from '../init/interview.js'
import { settingsCommand } from '../settings.js'
import type { Terminal } from '../terminal.js'

interface InitOptions {
  readonly config?: string
  readonly network?: string
  readonly towardsDevices?: readonly string[]
  readonly towardsServers?: string
  readonly networkUrl?: string
  readonly networkTokenFile?: string
  readonly all?: boolean
  readonly replace?: boolean
}

/** For the user and the group of the folder: the file may contain the password of a database. */
const MODE = 0o640

/** `rightofway init`: writes a configuration that `serve` can use. It takes the settings of `serve`. */
export function initCommand(terminal: Terminal): Command {
  const { command, flags } = settingsCommand('init')
  return command
    .addOption(new Option('--network <kind>', 'the network of sessions').choices(['linux', 'camara', 'simulator']))
    .option(
      '--towards-devices <interface=bps>',
      'Linux: interface towards devices and its capacity; repeatable',
      collect,
    )
    .option('--towards-servers <interface=bps>', 'Linux: interface towards servers and its capacity')
    .option('--network-url <url>', 'CAMARA: base URL of its quality-on-demand API')
    .option('--network-token-file <file>', 'CAMARA: file of the token that requests carry')
    .option('--all', 'list all other settings too, as comments with their defaults')
    .option('--replace', 'replace an existing file')
    .action(async (options: InitOptions & Readonly<Record<string, string | undefined>>) => {
      const { config: file = 'rightofway.yaml', replace = false, all = false } = options
      if (existsSync(file) && !replace)
        throw new CliError(`${file} exists already: --replace replaces it`, EXIT.conflict)
      const given = flags(options)
      // Errors in flags name their flags.
      if (given.size > 0) loadConfig({ flags: Object.fromEntries(given) })
      const { settings, network } = await withPerson((ask) => interview({ ...options, settings: given }, ask))
      const config = loadConfig({ flags: Object.fromEntries(settings) })
      const values = new Map([...settings.keys()].map((path) => [path, valueAt(config, path)]))
      writeChecked(file, configText({ values, networks: [network], all }), replace)
      terminal.write(`${file} is written. What to do next:\n`)
      for (const step of nextSteps(file, config)) terminal.write(`  ${step}\n`)
    })
}

const nextSteps = (file: string, { keyring }: Config): string[] => [
  ...(keyring.file === undefined || existsSync(keyring.file) ? [] : [`rightofway keyring create ${keyring.file}`]),
  `rightofway doctor --config ${file}`,
  `rightofway serve --config ${file}`,
]

const valueAt = (config: Config, path: string): unknown =>
  path.split('.').reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], config)

/** Asks on standard error; undefined if no person can answer. */
async function withPerson<T>(use: (ask: Ask | undefined) => Promise<T>): Promise<T> {
  if (!process.stdin.isTTY) return use(undefined)
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const ask: Ask = async (question, suggestion) => {
    const answer = await lines.question(`${question}${suggestion === '' ? '' : ` [${suggestion}]`}: `)
    return answer.trim() === '' ? suggestion : answer.trim()
  }
  try {
    return await use(ask)
  } finally {
    lines.close()
  }
}

/** Writes the file whole, or not at all. @throws {ConfigError} a gateway could not start with it */
function writeChecked(file: string, text: string, replace: boolean): void {
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  const handle = openSync(fresh, 'wx', MODE)
  try {
    fchmodSync(handle, MODE)
    writeSync(handle, text)
    fsyncSync(handle)
    loadConfig({ file: fresh })
    if (replace) renameSync(fresh, file)
    // Unlike a rename, a link does not replace a file that was created meanwhile.
    else linkSync(fresh, file)
  } finally {
    closeSync(handle)
    rmSync(fresh, { force: true })
  }
}
