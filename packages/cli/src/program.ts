import { Command, CommanderError } from 'commander'
import { completionCommand } from './commands/completion.js'
import { adviceFor } from './connection-advice.js'
import { exitCodeOf, OutputError } from './exit-codes.js'
import type { Terminal } from './terminal.js'
import { usageAdvice } from './usage-advice.js'

interface Entry {
  readonly name: string
  readonly description: string
  /** Its module is loaded when it is needed: the gateway and the lab are large. */
  make(terminal: Terminal): Promise<Command>
}

/** In the order of `rightofway --help`. */
const COMMANDS: readonly Entry[] = [
  {
    name: 'init',
    description: 'write a commented configuration file; on a terminal it asks for what flags do not say',
    make: async (terminal) => (await import('./commands/init.js')).initCommand(terminal),
  },
  {
    name: 'serve',
    description: 'run a gateway',
    make: async () => (await import('./commands/serve.js')).serveCommand(),
  },
  {
    name: 'sandbox',
    description: 'the contents of a sandbox, and tokens for tests',
    make: async (terminal) => (await import('./commands/sandbox.js')).sandboxCommand(terminal),
  },
  {
    name: 'demo',
    description: 'watch a session live: requested, granted, kept through a kill -9, ended on time',
    make: async (terminal) => (await import('./commands/demo.js')).demoCommand(terminal),
  },
  {
    name: 'doctor',
    description: 'check what a gateway needs to run; takes the settings of `serve`',
    make: async (terminal) => (await import('./commands/doctor.js')).doctorCommand(terminal),
  },
  {
    name: 'backup',
    description: 'back up the store while the gateway runs; the keyring is not included',
    make: async (terminal) => (await import('./commands/backup.js')).backupCommand(terminal),
  },
  {
    name: 'restore',
    description:
      'restore a backup of the store; the gateway must be stopped. The current store is kept under another name',
    make: async (terminal) => (await import('./commands/restore.js')).restoreCommand(terminal),
  },
  {
    name: 'admin',
    description: 'users of the dashboard',
    make: async (terminal) => (await import('./commands/admin.js')).adminPeopleCommand(terminal),
  },
  {
    name: 'migrate',
    description: 'migrate the schema of a PostgreSQL store; gateways of the previous version may keep running',
    make: async (terminal) => (await import('./commands/migrate.js')).migrateCommand(terminal),
  },
  {
    name: 'simulator',
    description: 'run a simulated network for several gateways, which name it as `url` in their networks',
    make: async (terminal) => (await import('./commands/simulator.js')).simulatorCommand(terminal),
  },
  {
    name: 'core',
    description: 'run a simulated mobile core: PCF, BSF and NEF that do what an operator tells them',
    make: async (terminal) => (await import('./commands/core.js')).coreCommand(terminal),
  },
  {
    name: 'keys',
    description: 'keys of applications',
    make: async (terminal) => (await import('./commands/keys.js')).keysCommand(terminal),
  },
  {
    name: 'clients',
    description: 'OAuth clients of applications',
    make: async (terminal) => (await import('./commands/clients.js')).clientsCommand(terminal),
  },
  {
    name: 'keyring',
    description: 'keys that encrypt stored secrets',
    make: async (terminal) => (await import('./commands/keyring.js')).keyringCommand(terminal),
  },
  {
    name: 'sessions',
    description: 'create, list and follow sessions',
    make: async (terminal) => (await import('./commands/sessions/index.js')).sessionsCommand(terminal),
  },
  {
    name: 'assignments',
    description: 'assign profiles to devices without end, and revoke them',
    make: async (terminal) => (await import('./commands/assignments/index.js')).assignmentsCommand(terminal),
  },
  {
    name: 'profiles',
    description: 'QoS profiles',
    make: async (terminal) => (await import('./commands/profiles.js')).profilesCommand(terminal),
  },
  {
    name: 'devices',
    description: 'devices that the gateway knows',
    make: async (terminal) => (await import('./commands/devices.js')).devicesCommand(terminal),
  },
  {
    name: 'network',
    description: 'the Linux network on this machine',
    make: async (terminal) => (await import('./commands/network.js')).networkCommand(terminal),
  },
  {
    name: 'events',
    description: 'deliveries of events',
    make: async (terminal) => (await import('./commands/events.js')).eventsCommand(terminal),
  },
  {
    name: 'lab',
    description: 'measure what a session does to packets on a congested router, in network namespaces (root on Linux)',
    make: async (terminal) => (await import('./commands/lab.js')).labCommand(terminal),
  },
]

/**
 * The command line.
 * @param wanted which commands have their options and subcommands; the others have a name and a description. Default: all
 */
export async function rightofway(terminal: Terminal, wanted: (name: string) => boolean = () => true): Promise<Command> {
  const program = new Command('rightofway').description('Quality on Demand that people can run')
  const commands = await Promise.all(
    COMMANDS.map(async ({ name, description, make }) =>
      (wanted(name) ? await make(terminal) : new Command(name)).description(description),
    ),
  )
  for (const command of commands) program.addCommand(command)
  return program.addCommand(completionCommand(terminal, program))
}

/** Runs one command. @returns its exit code (`exit-codes.ts`) */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  complain: (text: string) => void,
): Promise<number> {
  try {
    // `completion` describes them all.
    const program = await rightofway(terminal, (name) => argv.includes(name) || argv.includes('completion'))
    // Usage errors are handled here, like all others.
    for (const command of allOf(program)) {
      command
        .exitOverride()
        .showSuggestionAfterError(false)
        .configureOutput({
          writeOut: (text) => terminal.write(text),
          writeErr: complain,
          outputError: (text, write) => write(`${text.trimEnd()}${usageAdvice(command, text, argv)}\n`),
        })
    }
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
