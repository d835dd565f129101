import {
  BEFORE_START,
  type Config,
  ConfigError,
  examine,
  type Finding,
  INSTEAD_OF_START,
  ok,
  problem,
  type SettingsGiven,
} from '@rightofway/gateway'
import type { Command } from 'commander'
import { checkGateway } from '../doctor/gateway.js'
import { EXIT } from '../exit-codes.js'
import { settingsCommand } from '../settings.js'
import { paint, type Style, type Terminal } from '../terminal.js'

const MARKS: Readonly<Record<Finding['verdict'], readonly [mark: string, style: Style]>> = {
  ok: ['ok', 'green'],
  warning: ['warning', 'yellow'],
  problem: ['PROBLEM', 'red'],
}

/** `rightofway doctor`: checks what a gateway needs, and says what to do. It takes the settings of `serve`. */
export function doctorCommand(terminal: Terminal): Command {
  const { command, read, given } = settingsCommand('doctor', { toStart: true })
  return command
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: Record<string, string | undefined> & { json?: string }) => {
      const findings = await diagnose(() => read(options), given(options))
      if (json) terminal.write(`${JSON.stringify(findings)}\n`)
      else for (const finding of findings) terminal.write(line(terminal, finding))
      if (findings.some(({ verdict }) => verdict === 'problem')) terminal.exitCode = EXIT.failed
    })
}

async function diagnose(read: () => Config, given: SettingsGiven): Promise<Finding[]> {
  let config: Config
  try {
    config = read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [problem('settings', error.message, '`rightofway serve --help` lists the values of each')]
  }
  const installation = { config, now: Date.now(), given }
  return [
    ok('settings', 'valid for `serve`'),
    ...(await examine([...BEFORE_START, ...INSTEAD_OF_START], installation)),
    ...(await checkGateway(installation)),
  ]
}

function line(terminal: Terminal, { check, verdict, says, advice }: Finding): string {
  const [mark, style] = MARKS[verdict]
  const text = `${paint(terminal, style, mark.padEnd(8))} ${check.padEnd(12)}  ${says}\n`
  return advice === undefined ? text : `${text}${' '.repeat(23)}${paint(terminal, 'bold', '→')} ${advice}\n`
}
