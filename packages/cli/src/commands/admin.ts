import { Command, Option } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import { moment } from '../table.js'
import type { Terminal } from '../terminal.js'

interface InviteOptions extends AdminOptions {
  readonly role: string
  readonly json?: boolean
}

/** `rightofway admin`: the users of the dashboard. */
export function adminPeopleCommand(terminal: Terminal): Command {
  const invite = adminCommand('invite')
    .description('create a link with which one person chooses a name and a password for the dashboard')
    .addOption(
      new Option(
        '--role <role>',
        'what the person may do: read (viewer), also change (operator), also manage users (admin)',
      )
        .choices(['viewer', 'operator', 'admin'])
        .default('admin'),
    )
    .option('--json', 'as JSON')
    .action(async ({ role, json, ...options }: InviteOptions) => {
      const made = await withAdmin(options, (call) =>
        call<{ url: string; expiresAt: string }>('POST', '/invitations', { role }),
      )
      if (json) return terminal.write(`${JSON.stringify(made)}\n`)
      terminal.write(`${made.url}\n\nIt can be used once, until ${moment(new Date(made.expiresAt))}.\n`)
    })
  return new Command('admin').addCommand(invite)
}
