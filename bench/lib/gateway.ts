import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GatewayProcess, type GatewayProcessOptions, startGatewayProcess } from '../../test/gateway-process.js'
import { withFolder } from './processes.js'

/** Runs `use` with a gateway process in a temporary folder. */
export const withGateway = <T>(
  config: string,
  use: (gateway: GatewayProcess) => Promise<T>,
  options: Pick<GatewayProcessOptions, 'nodeArgs'> = {},
): Promise<T> =>
  withFolder(async (folder) => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, config)
    const gateway = await startGatewayProcess({ ...options, dataDir: join(folder, 'data'), flags: ['--config', file] })
    try {
      return await use(gateway)
    } finally {
      await gateway.signal('SIGTERM')
    }
  })
