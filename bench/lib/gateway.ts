import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GatewayProcess, startGatewayProcess } from '../../test/gateway-process.js'
import { withFolder } from './processes.js'

/** Runs `use` with a gateway that is a process of its own, whose folder is gone afterwards. */
export const withGateway = <T>(config: string, use: (gateway: GatewayProcess) => Promise<T>): Promise<T> =>
  withFolder(async (folder) => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, config)
    const gateway = await startGatewayProcess({ dataDir: join(folder, 'data'), flags: ['--config', file] })
    try {
      return await use(gateway)
    } finally {
      await gateway.signal('SIGTERM')
    }
  })
