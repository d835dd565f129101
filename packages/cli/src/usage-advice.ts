// Suggestions for an unknown command or option.

import { eitherOf, similarNames } from '@rightofway/camara'
import type { Command } from 'commander'

/** Words of other command lines, of the APIs and of the SDK, and their names here. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  add: ['create', 'import'],
  cancel: ['end'],
  delete: ['end', 'revoke', 'drain'],
  describe: ['get', 'status'],
  follow: ['watch', 'log'],
  info: ['status', 'get', 'world'],
  ls: ['list'],
  create: ['add'],
  make: ['create', 'add'],
  new: ['create', 'add'],
  remove: ['end', 'delete', 'revoke'],
  renew: ['extend'],
  retry: ['redeliver'],
  rm: ['end', 'delete', 'revoke'],
  run: ['serve'],
  show: ['get', 'list', 'status', 'world'],
  start: ['serve', 'create'],
  stop: ['end'],
  tail: ['watch', 'log'],
  up: ['serve'],
  '--async-mode': ['--async'],
  '--application-server': ['--server'],
  '--device': ['--phone', '--nai', '--public-ipv4', '--ipv6'],
  '--msisdn': ['--phone'],
  '--service-ipv4': ['--server'],
  '--service-ipv6': ['--server'],
  '--time': ['--duration', '--for'],
  '--ttl': ['--duration', '--expires', '--for'],
  '--token': ['--key-file'],
  '--api-key': ['--key-file'],
}

/**
 * A suggestion after a usage error; empty if there is none.
 * @param command that met it
 * @param text the error, as commander says it
 * @param argv the command line
 */
export function usageAdvice(command: Command, text: string, argv: readonly string[]): string {
  const options = optionsOf(command)
  if (text.includes('required option')) {
    // Commander first reports a missing option, which may be missing because of a typing error.
    const slip = argv
      .slice(0, lengthOfOptions(argv))
      .find((one) => one.startsWith('--') && !options.includes(flagOf(one)))
    return slip === undefined ? '' : `; '${flagOf(slip)}' is unknown${adviceOn(flagOf(slip), options, command)}`
  }
  const [, kind, given = ''] = /unknown (option|command) '([^']*)/.exec(text) ?? []
  if (kind === undefined) return ''
  return kind === 'option'
    ? adviceOn(flagOf(given), options, command)
    : adviceOn(
        given,
        command.commands.map((one) => one.name()),
        command,
      )
}

function adviceOn(given: string, names: readonly string[], command: Command): string {
  const known = (OTHER_WORDS[given.toLowerCase()] ?? []).filter((name) => names.includes(name))
  const meant = known.length > 0 ? known : similarNames(given, names)
  if (meant.length > 0) return `; did you mean ${eitherOf(meant)}?`
  return `; \`${[...pathOf(command), '--help'].join(' ')}\` lists what there is`
}

const flagOf = (argument: string): string => argument.split('=')[0] as string

/** After `--` there are no options. */
const lengthOfOptions = (argv: readonly string[]): number => (argv.includes('--') ? argv.indexOf('--') : argv.length)

const pathOf = (command: Command | null): string[] =>
  command === null ? [] : [...pathOf(command.parent), command.name()]

const optionsOf = (command: Command | null): string[] =>
  command === null ? [] : [...command.options.flatMap(({ long }) => long ?? []), ...optionsOf(command.parent)]
