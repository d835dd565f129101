import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'
import { sessionJson, sessionSheet } from './show.js'

export const getCommand = (terminal: Terminal): Command =>
  gatewayCommand('get')
    .description('show a session')
    .argument('<session>', 'its id')
    .option('--json', 'as JSON')
    .action(async (id: string, options: GatewayOptions & { json?: boolean }) => {
      const session = await clientOf(options).sessions.get(id)
      terminal.write(options.json ? `${JSON.stringify(sessionJson(session))}\n` : sessionSheet(terminal, session))
    })
