// docs/reference/command-line.md, out of the commands themselves.

import { SETTINGS } from '@rightofway/gateway'
import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../../packages/cli/src/exit-codes.js'
import { rightofway } from '../../packages/cli/src/program.js'

export const file = 'docs/reference/command-line.md'

const MEANINGS: Record<ExitCode, string> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'it failed, or was refused for a reason that has no code of its own',
  [EXIT.usage]: 'wrong usage: nothing was done',
  [EXIT.unreachable]: 'nobody answered: the gateway or its database is not there, or out of reach',
  [EXIT.denied]: 'the key is missing, wrong, or may not do that (401, 403)',
  [EXIT.notFound]: 'there is nothing by that name (404)',
  [EXIT.conflict]: 'something is in the way (409)',
  [EXIT.networkTerminated]: 'the network refused the session, or ended it early',
  [EXIT.outputClosed]: 'what reads the output went away, as of SIGPIPE',
}

/** They take every setting of the gateway: docs/reference/configuration.md has those. */
const TAKES_SETTINGS = ['serve', 'doctor', 'init']

function section(command: Command, path: string): string {
  if (command.commands.length > 0) {
    return command.commands.map((child) => section(child, `${path} ${child.name()}`)).join('\n')
  }
  const help = command.createHelp()
  const settings = TAKES_SETTINGS.includes(command.name())
  const entries = [
    ...help.visibleArguments(command).map((it) => [help.argumentTerm(it), help.argumentDescription(it)]),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help' && !(settings && SETTINGS.some(({ flag }) => flag === long)))
      .map((it) => [it.flags, help.optionDescription(it)]),
  ]
  const note = settings ? '\nTakes the settings of [configuration.md](configuration.md), each as a flag.\n' : ''
  const list = entries.map(([term = '', text = '']) => `- \`${term}\`: ${text}\n`).join('')
  return `### \`${path}\`\n\n${sentence(command.description())}\n${note}${list === '' ? '' : `\n${list}`}`
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

export async function generate(): Promise<string> {
  const nothing = {
    write: () => undefined,
    handOver: async () => undefined,
    isTTY: false,
    columns: 120,
    exitCode: EXIT.done,
  }
  const program = await rightofway(nothing)
  const codes = Object.values(EXIT).map((code) => `| ${code} | ${MEANINGS[code]} |`)
  return `# The command line

\`rightofway\` runs a gateway and asks one for sessions. This page is printed from the commands by \`npm run docs\`.

- People get tables and colours, programs get JSON with \`--json\`; \`NO_COLOR\` turns the colours off.
- Durations are \`90s\`, \`15m\`, \`1h30m\`, \`24h\`, or a number of seconds.
- \`sessions\` and \`profiles\` call a gateway as an application: \`RIGHTOFWAY_URL\` says where it is, \`RIGHTOFWAY_KEY\` is the
  key, and \`RIGHTOFWAY_OAUTH_FILE\` a file with an OAuth client instead. Neither is an argument, because others can see
  arguments.
- \`keys\` and \`devices\` are for operators: they call the admin API on the gateway's unix socket.
- \`source <(rightofway completion bash)\` completes commands and options; so do zsh and fish.

## How a command ends

| exit code | meaning |
|---|---|
${codes.join('\n')}

## Commands

${program.commands.map((command) => section(command, `rightofway ${command.name()}`)).join('\n')}`
}
