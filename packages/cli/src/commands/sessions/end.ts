import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'

export const endCommand = (terminal: Terminal): Command =>
  gatewayCommand('end')
    .description('end a session and forget it')
    .argument('<session>', 'its id')
    .action(async (id: string, options: GatewayOptions) => {
      // One that is gone already is told from one that never was: that is likely a slip of the keyboard.
      const session = await clientOf(options).sessions.get(id)
      await session.delete()
      terminal.write(`${session.id} has ended\n`)
    })
