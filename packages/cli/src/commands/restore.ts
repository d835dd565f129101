import { join, resolve } from 'node:path'
import { restoreStore } from '@rightofway/gateway'
import { Command, Option } from 'commander'
import { makeFilesPrivate } from '../private-files.js'
import type { Terminal } from '../terminal.js'

/** `rightofway restore`: replaces the store with a backup; the previous store is kept beside it. */
export const restoreCommand = (terminal: Terminal): Command =>
  new Command('restore')
    .argument('<file>', 'file written by `rightofway backup`')
    .addOption(
      new Option('--data-dir <folder>', 'data folder of the gateway')
        .env('RIGHTOFWAY_DATA_DIR')
        .default('./rightofway-data'),
    )
    .option('--json', 'as JSON')
    .action(async (file: string, { dataDir, json }: { dataDir: string; json?: boolean }) => {
      makeFilesPrivate()
      const store = resolve(dataDir, 'store.db')
      const name = `before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
      const { report, aside } = await restoreStore(resolve(file), store, name)
      if (json) {
        terminal.write(`${JSON.stringify({ file: store, sessions: report.sessions, aside: aside ?? null })}\n`)
        return
      }
      terminal.write(
        `${store} contains the ${report.sessions} sessions of the backup.\n` +
          (aside === undefined ? '' : `The previous store is kept as ${aside}; remove it when the gateway works.\n`) +
          `The keyring must be the one that was in use at the time of the backup: ${join(dataDir, 'keyring')}. ` +
          '`rightofway doctor` checks it.\n',
      )
    })
