import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'
import { shown } from './show.js'

export const getCommand = (terminal: Terminal): Command =>
  gatewayCommand('get')
    .description('show an assignment')
    .argument('<assignment>', 'its id')
    .option('--json', 'as JSON')
    .action(async (id: string, options: GatewayOptions & { json?: boolean }) => {
      terminal.write(shown(terminal, await clientOf(options).assignments.get(id), options.json))
    })
