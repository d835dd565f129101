import type { Command } from 'commander'
import { durationArgument } from '../../arguments.js'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import { moment } from '../../table.js'
import type { Terminal } from '../../terminal.js'
import { durationText, sessionJson } from './show.js'

export const extendCommand = (terminal: Terminal): Command =>
  gatewayCommand('extend')
    .description('extend a session, at most to the maximum of its profile')
    .argument('<session>', 'its id')
    .argument('<duration>', 'additional time: 90s, 10m, 1h', durationArgument)
    .option('--json', 'as JSON')
    .action(async (id: string, by: number, options: GatewayOptions & { json?: boolean }) => {
      const session = await clientOf(options).sessions.get(id)
      await session.extend(by)
      terminal.write(
        options.json
          ? `${JSON.stringify(sessionJson(session))}\n`
          : `${session.id} lasts ${durationText(session.duration)}, until ${moment(session.expiresAt)}\n`,
      )
    })
