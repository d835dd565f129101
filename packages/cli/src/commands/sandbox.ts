import { RECIPES, recipeText, type SinkUrls, statusOf, worldRows } from '@rightofway/gateway'
import { Command } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import { CliError, EXIT } from '../exit-codes.js'
import { table } from '../table.js'
import type { Terminal } from '../terminal.js'

/** As the admin API shows it (operation listInbox). */
export interface ShownInbox {
  readonly sink: string
  readonly httpsSink: string
  readonly ca: string
}

interface TokenOptions extends AdminOptions {
  readonly phoneNumber?: string
  readonly expired?: boolean
  readonly foreign?: boolean
}

/** `rightofway sandbox`: the contents of a sandbox, and tokens for tests. */
export function sandboxCommand(terminal: Terminal): Command {
  const world = adminCommand('world')
    .description('print every device, profile, key, sink and switch of a sandbox (the default of `rightofway sandbox`)')
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: AdminOptions & { json?: boolean }) => {
      const sinks = await sinksOf(options)
      terminal.write(json ? `${JSON.stringify(worldRows(sinks))}\n` : worldTable(terminal, sinks))
    })

  const errors = new Command('errors')
    .description('print every error that an application can get, and how to provoke it in a sandbox')
    .action(() => {
      const rows = RECIPES.map((recipe) => [
        String(statusOf(recipe.code)),
        recipe.code,
        recipeText(recipe, (text) => text),
      ])
      terminal.write(table(terminal, ['STATUS', 'CODE', 'REQUESTS'], rows, 'none'))
    })

  const token = adminCommand('token')
    .description('create an access token for an OAuth client of a sandbox')
    .argument('<client>', 'its id')
    .option('--phone-number <number>', 'the device that the token is for (default: none, a two-legged token)')
    .option('--expired', 'create a token that expired ten minutes ago')
    .option('--foreign', 'create a token with the signature of another issuer')
    .action(async (client: string, { phoneNumber, expired, foreign, ...options }: TokenOptions) => {
      const made = await withAdmin(options, (call) =>
        call<{ token: string }>('POST', '/sandbox/tokens', {
          client,
          expired,
          foreign,
          device: phoneNumber === undefined ? undefined : { phoneNumber },
        }),
      )
      terminal.write(`${made.token}\n`)
    })

  return new Command('sandbox').addCommand(world, { isDefault: true }).addCommand(errors).addCommand(token)
}

/** The contents of a sandbox, for people. */
export const worldTable = (terminal: Terminal, sinks: SinkUrls | undefined): string =>
  table(
    terminal,
    ['KIND', 'PURPOSE', 'VALUE'],
    worldRows(sinks).map(({ kind, what, values }) => [kind, what, values.join(', ')]),
    'nothing',
  )

export const toSinks = ({ sink, httpsSink, ca }: ShownInbox): SinkUrls => ({ http: sink, https: httpsSink, ca })

/** The sinks of the running sandbox; undefined if none is running. Everything else is known without it. */
async function sinksOf(options: AdminOptions): Promise<SinkUrls | undefined> {
  try {
    return toSinks(await withAdmin(options, (call) => call<ShownInbox>('GET', '/sandbox/inbox')))
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    if (error.exitCode === EXIT.unreachable) return undefined
    if (error.exitCode !== EXIT.notFound) throw error
    throw new CliError('the gateway there is not a sandbox', EXIT.notFound, { cause: error })
  }
}
