import { migratePostgres } from '@rightofway/gateway'
import type { Command } from 'commander'
import { CliError, EXIT } from '../exit-codes.js'
import { settingsCommand } from '../settings.js'
import type { Terminal } from '../terminal.js'

/** `rightofway migrate`: the schema of a shared store, before the gateways that need it start. */
export function migrateCommand(terminal: Terminal): Command {
  const { command, read } = settingsCommand('migrate')
  return command
    .description('bring the schema of a PostgreSQL store up to date; gateways of the version before may run meanwhile')
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: Record<string, string | undefined> & { json?: string }) => {
      const { url } = read(options).store
      if (url === undefined) {
        throw new CliError('store.url is not set: a store in dataDir is migrated by `serve` as it starts', EXIT.usage)
      }
      const { from, to } = await migratePostgres(url)
      if (json) return terminal.write(`${JSON.stringify({ from, to })}\n`)
      terminal.write(from === to ? `The schema is version ${to} already.\n` : `From schema version ${from} to ${to}.\n`)
    })
}
