import { join, resolve } from 'node:path'
import { restoreStore } from '@rightofway/gateway'
import { Command, Option } from 'commander'
import { makeFilesPrivate } from '../private-files.js'
import type { Terminal } from '../terminal.js'

/** `rightofway restore`: a backup in the place of the store; the store that was there is kept beside it. */
export const restoreCommand = (terminal: Terminal): Command =>
  new Command('restore')
    .description('bring back a backup of the store; the gateway must be stopped. The store that was there is kept')
    .argument('<file>', 'the backup, as `rightofway backup` made it')
    .addOption(
      new Option('--data-dir <folder>', "the gateway's data folder")
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
        `${store} holds the ${report.sessions} sessions of the backup.\n` +
          (aside === undefined ? '' : `The store that was there is kept as ${aside}; remove it once all is well.\n`) +
          `The keyring must be the one that the backup was made with: ${join(dataDir, 'keyring')}. ` +
          '`rightofway doctor` says whether it is.\n',
      )
    })
