import { mkdirSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import {
  CORES,
  type CoreName,
  DIALECTS,
  type DialectName,
  type ListedDevice,
  serveCore,
} from '@rightofway/core-simulator'
import { Command, InvalidArgumentError, Option } from 'commander'
import { collect, portOrAnyArgument } from '../arguments.js'
import { makeFilesPrivate } from '../private-files.js'
import { onStopSignal } from '../signals.js'
import { endWith } from '../stopping.js'
import type { Terminal } from '../terminal.js'

interface CoreOptions {
  readonly dataDir: string
  readonly listenPort: number
  readonly core?: CoreName
  readonly dialect?: DialectName
  readonly pool?: readonly string[]
  readonly device?: readonly ListedDevice[]
  readonly forget?: true
}

/** `rightofway core`: a simulated mobile core, for those who write application functions. */
export const coreCommand = (terminal: Terminal): Command =>
  new Command('core')
    .option('--data-dir <folder>', 'file for what it holds and for its settings', './rightofway-core')
    .option(
      '--listen-port <n>',
      'port on loopback, for HTTP/2 and HTTP/1.1; 0 chooses a free one',
      portOrAnyArgument,
      7777,
    )
    .addOption(
      new Option('--core <name>', 'whose PCF it plays; default: as before, at first open5gs').choices([...CORES]),
    )
    .addOption(
      new Option('--dialect <name>', 'whose NEF it plays; default: as before, at first release17').choices([
        ...DIALECTS,
      ]),
    )
    .option(
      '--pool <prefix>',
      'addresses that have a PDU session; can be repeated; default: as before, at first 10.45.0.0/16 and ' +
        '2001:db8:cafe::/48',
      collect,
    )
    .option('--device <address=phone number>', 'a device with a phone number; can be repeated', deviceArgument)
    .option('--forget', 'forget what applications asked for before')
    .action(async ({ dataDir, listenPort, core: name, dialect, pool, device, forget }: CoreOptions) => {
      makeFilesPrivate()
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      const core = await serveCore({
        file: join(dataDir, 'core.db'),
        port: listenPort,
        settings: { ...(name && { core: name }), ...(dialect && { dialect }), ...(pool && { pools: [...pool] }) },
        ...(device && { devices: device }),
        ...(forget && { forget }),
      })
      terminal.write(`${core.url}\n`)
      process.send?.({ url: core.url })
      onStopSignal(() => core.close().then(() => process.disconnect?.(), endWith))
    })

/** `10.45.0.7=+36721601234567` */
function deviceArgument(text: string, before: readonly ListedDevice[] = []): readonly ListedDevice[] {
  const [, address = '', phoneNumber = ''] = /^([^=]+)=(\+[1-9]\d{4,14})$/.exec(text) ?? []
  if (isIP(address) === 0) {
    throw new InvalidArgumentError('A device is an address and a phone number: 10.45.0.7=+36721601234567')
  }
  return [...before, { address, phoneNumber }]
}
