import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'
import { type DeviceOptions, deviceOf, withDevice } from './device-options.js'
import { sessionJson, sessionTable } from './show.js'

export const listCommand = (terminal: Terminal): Command =>
  withDevice(gatewayCommand('list'))
    .description('list the sessions of a device that this application created')
    .option('--json', 'as JSON')
    .action(async (options: GatewayOptions & DeviceOptions & { json?: boolean }) => {
      const sessions = await deviceOf(clientOf(options), options).sessions()
      terminal.write(options.json ? `${JSON.stringify(sessions.map(sessionJson))}\n` : sessionTable(terminal, sessions))
    })
