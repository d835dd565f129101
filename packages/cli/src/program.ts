import { Command, CommanderError } from 'commander'
import { adminPeopleCommand } from './commands/admin.js'
import { backupCommand } from './commands/backup.js'
import { clientsCommand } from './commands/clients.js'
import { completionCommand } from './commands/completion.js'
import { coreCommand } from './commands/core.js'
import { demoCommand } from './commands/demo.js'
import { devicesCommand } from './commands/devices.js'
import { doctorCommand } from './commands/doctor.js'
import { eventsCommand } from './commands/events.js'
import { keyringCommand } from './commands/keyring.js'
import { keysCommand } from './commands/keys.js'
import { labCommand } from './commands/lab.js'
import { migrateCommand } from './commands/migrate.js'
import { networkCommand } from './commands/network.js'
import { profilesCommand } from './commands/profiles.js'
import { restoreCommand } from './commands/restore.js'
import { sandboxCommand } from './commands/sandbox.js'
import { serveCommand } from './commands/serve.js'
import { sessionsCommand } from './commands/sessions/index.js'
import { simulatorCommand } from './commands/simulator.js'
import { adviceFor } from './connection-advice.js'
import { exitCodeOf, OutputError } from './exit-codes.js'
import type { Terminal } from './terminal.js'

/** The whole command line. */
export function rightofway(terminal: Terminal): Command {
  const program = new Command('rightofway')
    .description('Quality on Demand that people can run')
    .addCommand(serveCommand())
    .addCommand(sandboxCommand(terminal))
    .addCommand(demoCommand(terminal))
    .addCommand(doctorCommand(terminal))
    .addCommand(backupCommand(terminal))
    .addCommand(restoreCommand(terminal))
    .addCommand(adminPeopleCommand(terminal))
    .addCommand(migrateCommand(terminal))
    .addCommand(simulatorCommand(terminal))
    .addCommand(coreCommand(terminal))
    .addCommand(keysCommand(terminal))
    .addCommand(clientsCommand(terminal))
    .addCommand(keyringCommand(terminal))
    .addCommand(sessionsCommand(terminal))
    .addCommand(profilesCommand(terminal))
    .addCommand(devicesCommand(terminal))
    .addCommand(networkCommand(terminal))
    .addCommand(eventsCommand(terminal))
    .addCommand(labCommand(terminal))
  return program.addCommand(completionCommand(terminal, program))
}

/** Runs one command. @returns its exit code (`exit-codes.ts`) */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  complain: (text: string) => void,
): Promise<number> {
  const program = rightofway(terminal)
  // Usage errors are handled here, like all others.
  for (const command of allOf(program)) {
    command.exitOverride().configureOutput({ writeOut: (text) => terminal.write(text), writeErr: complain })
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return terminal.exitCode
  } catch (error) {
    // Commander has already reported a usage error. A failed output is reported where the process ends.
    if (!(error instanceof CommanderError || error instanceof OutputError))
      complain(`rightofway: ${(error as Error).message}${adviceFor(error)}\n`)
    return exitCodeOf(error)
  }
}

/** A command and all its subcommands. */
export const allOf = (command: Command): Command[] => [command, ...command.commands.flatMap(allOf)]
