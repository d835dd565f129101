import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'

export const endCommand = (terminal: Terminal): Command =>
  gatewayCommand('end')
    .description('delete a session')
    .argument('<session>', 'its id')
    .action(async (id: string, options: GatewayOptions) => {
      // A session that never existed is an error, because its id is probably mistyped.
      const session = await clientOf(options).sessions.get(id)
      await session.delete()
      terminal.write(`${session.id} is deleted\n`)
    })
