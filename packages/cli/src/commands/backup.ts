import { join, resolve } from 'node:path'
import { backupStore } from '@rightofway/gateway'
import { Command, Option } from 'commander'
import { makeFilesPrivate } from '../private-files.js'
import type { Terminal } from '../terminal.js'

/** `rightofway backup`: a consistent copy of the store while the gateway runs. */
export const backupCommand = (terminal: Terminal): Command =>
  new Command('backup')
    .argument('<file>', 'file to write')
    .addOption(
      new Option('--data-dir <folder>', 'data folder of the gateway')
        .env('RIGHTOFWAY_DATA_DIR')
        .default('./rightofway-data'),
    )
    .option('--replace', 'replace an existing backup')
    .option('--verify', 'also compare the indexes of the copy with its tables')
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
          `${copy} contains ${sessions} sessions and was verified.\n` +
            `To restore it: stop the gateway, then \`rightofway restore ${copy}\`.\n` +
            'The keyring is not included. Keep a copy of it in another place: backup and keyring together reveal ' +
            'every secret.\n',
        )
      },
    )
