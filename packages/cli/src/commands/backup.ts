import { join, resolve } from 'node:path'
import { backupStore } from '@rightofway/gateway'
import { Command, Option } from 'commander'
import { makeFilesPrivate } from '../private-files.js'
import type { Terminal } from '../terminal.js'

/** `rightofway backup`: a copy of the store, of one moment, while the gateway runs. */
export const backupCommand = (terminal: Terminal): Command =>
  new Command('backup')
    .description('copy the store as it is now; the gateway may go on meanwhile. The keyring is not in it')
    .argument('<file>', 'where to')
    .addOption(
      new Option('--data-dir <folder>', "the gateway's data folder")
        .env('RIGHTOFWAY_DATA_DIR')
        .default('./rightofway-data'),
    )
    .option('--replace', 'replace a backup that is there')
    .option('--verify', 'compare the indexes of the copy with its tables')
    .option('--json', 'as JSON')
    .action(
      async (
        file: string,
        { dataDir, replace, verify, json }: { dataDir: string; replace?: boolean; verify?: boolean; json?: boolean },
      ) => {
        makeFilesPrivate()
        const copy = resolve(file)
        const { sessions, schemaVersion } = await backupStore(join(dataDir, 'store.db'), copy, {
          replace: replace === true,
          verify: verify === true,
        })
        if (json) return terminal.write(`${JSON.stringify({ file: copy, sessions, schemaVersion })}\n`)
        terminal.write(
          `${copy} holds ${sessions} sessions, and was checked.\n` +
            `To go back to it: stop the gateway, then \`rightofway restore ${copy}\`.\n` +
            'The keyring is not in it: whoever has both can read every secret. Keep a copy of it elsewhere.\n',
        )
      },
    )
