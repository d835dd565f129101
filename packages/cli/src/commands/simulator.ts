import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { serveSimulator } from '@rightofway/gateway'
import { Command } from 'commander'
import { amountArgument, portOrAnyArgument } from '../arguments.js'
import { makeFilesPrivate } from '../private-files.js'
import { onStopSignal } from '../signals.js'
import { endWith } from '../stopping.js'
import type { Terminal } from '../terminal.js'

const DEFAULT_CAPACITY_BPS = 100_000_000_000

/** `rightofway simulator`: a simulated network that several gateways share. */
export const simulatorCommand = (terminal: Terminal): Command =>
  new Command('simulator')
    .option('--data-dir <folder>', 'file for its reservations', './rightofway-simulator')
    .option('--listen-port <n>', 'port on loopback; 0 chooses a free one', portOrAnyArgument, 8090)
    .option(
      '--downlink-bps <n>',
      'bits per second that it can guarantee towards devices',
      amountArgument,
      DEFAULT_CAPACITY_BPS,
    )
    .option(
      '--uplink-bps <n>',
      'bits per second that it can guarantee from devices',
      amountArgument,
      DEFAULT_CAPACITY_BPS,
    )
    .action(async (options: { dataDir: string; listenPort: number; downlinkBps: number; uplinkBps: number }) => {
      const { dataDir, listenPort, downlinkBps, uplinkBps } = options
      makeFilesPrivate()
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      const simulator = await serveSimulator({
        file: join(dataDir, 'simulator.db'),
        port: listenPort,
        capacity: { downlinkBps, uplinkBps },
      })
      terminal.write(`${simulator.url}\n`)
      process.send?.({ url: simulator.url })
      onStopSignal(() => simulator.close().then(() => process.disconnect?.(), endWith))
    })
