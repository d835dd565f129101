import { isIP } from 'node:net'
import type { PortSpec, QodOptionalArgs } from '@rightofway/sdk'
import type { Command } from 'commander'
import { collect, durationArgument, portsArgument } from '../../arguments.js'
import { EXIT } from '../../exit-codes.js'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import type { Terminal } from '../../terminal.js'
import { type DeviceOptions, deviceOf, withDevice } from './device-options.js'
import { sessionJson, sessionSheet } from './show.js'

interface CreateOptions extends GatewayOptions, DeviceOptions {
  readonly profile: string
  readonly server: readonly string[]
  readonly serverPorts?: PortSpec
  readonly devicePorts?: PortSpec
  readonly duration?: number
  readonly sink?: string
  readonly async?: boolean
  readonly json?: boolean
}

export const createCommand = (terminal: Terminal): Command =>
  withDevice(gatewayCommand('create'))
    .description('create a session')
    .requiredOption('--profile <name>', 'QoS profile, one of `profiles list`')
    .requiredOption(
      '--server <address[:port]>',
      'the server: 233.252.0.2:443, [2001:db8::1]:443; may be repeated',
      collect,
    )
    .option('--server-ports <ports>', 'ports on the server, such as 443,5000-5010 (default: all)', portsArgument)
    .option('--device-ports <ports>', 'ports on the device (default: all)', portsArgument)
    .option('--duration <duration>', 'duration: 90s, 1h, 24h (default: the maximum of the profile)', durationArgument)
    .option('--sink <url>', 'URL that events are sent to')
    .option('--async', 'return at once, without waiting for the network')
    .option('--json', 'as JSON')
    .action(async (options: CreateOptions) => {
      const { profile, server, serverPorts, devicePorts, duration, sink, async, json } = options
      const session = await deviceOf(clientOf(options), options).createQodSession(profile, {
        ...serverOf(server),
        servicePorts: serverPorts,
        devicePorts,
        duration,
        sink,
        respondAsync: async,
      })
      terminal.write(json ? `${JSON.stringify(sessionJson(session))}\n` : sessionSheet(terminal, session))
      if (session.status === 'UNAVAILABLE') terminal.exitCode = EXIT.networkTerminated
    })

/** One address per family is a server with both; more are a list. */
function serverOf(addresses: readonly string[]): QodOptionalArgs {
  const ipv6 = addresses.filter((text) => text.startsWith('[') || isIP(text.split('/')[0] as string) === 6)
  const ipv4 = addresses.filter((text) => !ipv6.includes(text))
  return ipv4.length > 1 || ipv6.length > 1
    ? { serviceIpAddresses: addresses }
    : { serviceIpv4: ipv4[0], serviceIpv6: ipv6[0] }
}
