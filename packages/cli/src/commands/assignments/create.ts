import type { Command } from 'commander'
import { EXIT } from '../../exit-codes.js'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'
import { type DeviceOptions, deviceOf, withDevice } from '../sessions/device-options.js'
import { shown } from './show.js'

interface CreateOptions extends GatewayOptions, DeviceOptions {
  readonly profile: string
  readonly sink?: string
  readonly async?: boolean
  readonly json?: boolean
}

export const createCommand = (terminal: Terminal): Command =>
  withDevice(gatewayCommand('create'))
    .description('assign a QoS profile to a device, until it is revoked')
    .requiredOption('--profile <name>', 'QoS profile, one of `profiles list`')
    .option('--sink <url>', 'URL that events are sent to')
    .option('--async', 'return at once, without waiting for the network')
    .option('--json', 'as JSON')
    .action(async (options: CreateOptions) => {
      const { profile, sink, async: respondAsync, json } = options
      const assignment = await deviceOf(clientOf(options), options).assignQos({ profile, sink, respondAsync })
      terminal.write(shown(terminal, assignment, json))
      if (assignment.status === 'UNAVAILABLE') terminal.exitCode = EXIT.networkTerminated
    })
