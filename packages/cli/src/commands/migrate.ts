import { migratePostgres } from '@rightofway/gateway'
import type { Command } from 'commander'
import { CliError, EXIT } from '../exit-codes.js'
import { settingsCommand } from '../settings.js'
import type { Terminal } from '../terminal.js'

/** `rightofway migrate`: migrates the schema of a shared store before new gateways start. */
export function migrateCommand(terminal: Terminal): Command {
  const { command, read } = settingsCommand('migrate')
  return command
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: Record<string, string | undefined> & { json?: string }) => {
      const { url } = read(options).store
      if (url === undefined) {
        throw new CliError('store.url is not set: `serve` migrates a store in dataDir when it starts', EXIT.usage)
      }
      const { from, to } = await migratePostgres(url)
      if (json) return terminal.write(`${JSON.stringify({ from, to })}\n`)
      terminal.write(
        from === to
          ? `The schema already has version ${to}.\n`
          : `The schema was migrated from version ${from} to ${to}.\n`,
      )
    })
}
