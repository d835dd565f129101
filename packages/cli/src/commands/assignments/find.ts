import type { Command } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'
import { type DeviceOptions, deviceOf, withDevice } from '../sessions/device-options.js'
import { shown } from './show.js'

export const findCommand = (terminal: Terminal): Command =>
  withDevice(gatewayCommand('find'))
    .description('show the assignment of a device that this application created')
    .option('--json', 'as JSON; null if there is none')
    .action(async (options: GatewayOptions & DeviceOptions & { json?: boolean }) => {
      const assignment = await deviceOf(clientOf(options), options).qosAssignment()
      if (assignment !== undefined) terminal.write(shown(terminal, assignment, options.json))
      else terminal.write(options.json ? 'null\n' : 'no assignment\n')
    })
