import { startGateway } from '@rightofway/gateway'
import type { Command } from 'commander'
import { settingsCommand } from '../settings.js'

/** `rightofway serve`: one flag for every setting. */
export function serveCommand(): Command {
  const { command, read } = settingsCommand('serve')
  return command.description('run a gateway').action(async (options: Record<string, string | undefined>) => {
    const gateway = await startGateway(read(options))
    const stop = () => {
      // A second signal means it: the default action of signals is back.
      process.off('SIGINT', stop).off('SIGTERM', stop)
      void gateway.close()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    process.send?.({ url: gateway.url, adminSocket: gateway.adminSocket })
  })
}
