import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { type AdminCall, type AdminOptions, adminCommand, listAll, withAdmin } from '../admin-client.js'
import { collect, durationArgument } from '../arguments.js'
import { CliError, EXIT } from '../exit-codes.js'
import { table } from '../table.js'
import type { Terminal } from '../terminal.js'

interface Address {
  readonly address: string
  readonly publicAddress?: string
  readonly publicPorts?: { readonly from: number; readonly to: number }
}

interface Device {
  readonly device: string
  readonly phoneNumber?: string
  readonly networkAccessIdentifier?: string
  readonly addresses: readonly Address[]
}

interface AddOptions extends AdminOptions {
  readonly phone?: string
  readonly nai?: string
  readonly supi?: string
  readonly address?: readonly string[]
}

interface BindOptions extends AdminOptions {
  readonly publicAddress?: string
  readonly publicPorts?: string
  readonly for?: number
}

interface ImportOptions extends AdminOptions {
  readonly format?: 'csv' | 'yaml'
}

/** `rightofway devices`: the devices that the gateway knows. */
export function devicesCommand(terminal: Terminal): Command {
  const list = adminCommand('list')
    .description('list the devices that the gateway knows (personal data)')
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: AdminOptions & { json?: boolean }) => {
      const devices = await withAdmin(options, (call) => listAll<Device>(call, '/devices', ({ device }) => device))
      if (json) return terminal.write(`${JSON.stringify(devices)}\n`)
      const rows = devices.map(({ device, phoneNumber = '-', networkAccessIdentifier = '-', addresses }) => [
        device,
        phoneNumber,
        networkAccessIdentifier,
        addresses.map(addressText).join(', ') || '-',
      ])
      terminal.write(table(terminal, ['DEVICE', 'PHONE', 'NETWORK ACCESS ID', 'ADDRESSES'], rows, 'no devices'))
    })

  const add = adminCommand('add')
    .description('add a device')
    .argument('<device>', 'id of the device, chosen by the operator')
    .option('--phone <number>', 'its phone number, with a leading +')
    .option('--nai <user@realm>', 'its network access identifier')
    .option('--supi <id>', 'its SUPI, for a PCF: imsi-001010000000001')
    .option('--address <address>', 'an IPv4 address or IPv6 prefix of the device; may be repeated', collect)
    .action(async (id: string, { phone, nai, supi, address = [], ...options }: AddOptions) => {
      await withAdmin(options, async (call) => {
        if ((await find(call, id)) !== undefined) {
          throw new CliError(
            `the device ${id} already exists: \`devices bind\` gives it another address`,
            EXIT.conflict,
          )
        }
        await put(call, id, {
          ...(phone !== undefined && { phoneNumber: phone }),
          ...(nai !== undefined && { networkAccessIdentifier: nai }),
          ...(supi !== undefined && { supi }),
          addresses: address.map((text) => ({ address: text })),
        })
      })
      terminal.write(`${id} is added\n`)
    })

  const bind = adminCommand('bind')
    .description('bind an address to a device; sessions of the device that had the address end')
    .argument('<device>', 'id of the device, chosen by the operator')
    .argument('<address>', 'IPv4 address or IPv6 prefix, as the network sees it')
    .option('--public-address <address>', 'with NAT: the IPv4 address that servers see')
    .option('--public-ports <from-to>', 'with NAT: the ports of that address that belong to the device')
    .option('--for <duration>', 'lifetime of the binding, such as 1h (default: until it is replaced)', durationArgument)
    .action(async (id: string, text: string, { publicAddress, publicPorts, for: lease, ...options }: BindOptions) => {
      const address: Address = {
        address: text,
        ...(publicAddress !== undefined && { publicAddress }),
        ...(publicPorts !== undefined && { publicPorts: rangeOf(publicPorts) }),
      }
      await withAdmin(options, async (call) => {
        if ((await find(call, id)) === undefined) {
          throw new CliError(`there is no device ${id}: add it with \`devices add\``, EXIT.notFound)
        }
        await call('PUT', `/devices/${encodeURIComponent(id)}/addresses`, {
          // Its own source, so that the other addresses of the device stay.
          source: `bind/${text}`,
          ...(lease !== undefined && { ttl: lease }),
          addresses: [address],
        })
      })
      terminal.write(`${id} has ${addressText(address)}\n`)
    })

  const importFile = adminCommand('import')
    .description('add or replace the devices of a file, all of them or none')
    .argument('<file>', 'a table (.csv) or a YAML list of devices')
    .addOption(new Option('--format <format>', 'format of the file (default: by its name)').choices(['csv', 'yaml']))
    .action(async (file: string, { format, ...options }: ImportOptions) => {
      const imported = await withAdmin(options, (call) =>
        call<{ devices: number }>('POST', '/import-devices', {
          format: format ?? (file.toLowerCase().endsWith('.csv') ? 'csv' : 'yaml'),
          text: textOf(file),
        }),
      )
      terminal.write(`${imported.devices} devices are imported\n`)
    })

  return new Command('devices').addCommand(list).addCommand(add).addCommand(bind).addCommand(importFile)
}

async function find(call: AdminCall, id: string): Promise<Device | undefined> {
  try {
    return await call<Device>('GET', `/devices/${encodeURIComponent(id)}`)
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.notFound) return undefined
    throw error
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, EXIT.failed, { cause: error })
  }
}

const put = (call: AdminCall, id: string, device: Omit<Device, 'device'>): Promise<Device> =>
  call('PUT', `/devices/${encodeURIComponent(id)}`, device)

function rangeOf(text: string): { from: number; to: number } {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  if (from === undefined) throw new CliError('--public-ports must be a range such as 4000-4999', EXIT.usage)
  return { from: Number(from), to: Number(to) }
}

function addressText({ address, publicAddress, publicPorts }: Address): string {
  const { from, to } = publicPorts ?? {}
  const ports = from === undefined ? '' : from === to ? `:${from}` : `:${from}-${to}`
  return publicAddress === undefined ? address : `${address} (${publicAddress}${ports})`
}
