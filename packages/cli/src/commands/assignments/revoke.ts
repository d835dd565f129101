import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'

export const revokeCommand = (terminal: Terminal): Command =>
  gatewayCommand('revoke')
    .description('revoke an assignment, and wait until the network has let go')
    .argument('<assignment>', 'its id')
    .option('--forget', 'also have it forgotten, so that the device can have another one at once')
    .action(async (id: string, options: GatewayOptions & { forget?: boolean }) => {
      // One that never existed is an error, because its id is probably mistyped.
      const assignment = await clientOf(options).assignments.get(id)
      await assignment.revoke({ forget: options.forget })
      await assignment.ended()
      terminal.write(`${assignment.id} is revoked${options.forget ? ' and forgotten' : ''}\n`)
    })
