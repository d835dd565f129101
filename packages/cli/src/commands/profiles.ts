import type { QosProfile, Rate } from '@rightofway/sdk'
import { Command, Option } from 'commander'
import { clientOf, type GatewayOptions, gatewayCommand } from '../gateway-client.js'
import { table } from '../table.js'
import type { Terminal } from '../terminal.js'

/** `rightofway profiles`: what sessions can ask for. */
export function profilesCommand(terminal: Terminal): Command {
  const list = gatewayCommand('list')
    .description('list the QoS profiles that sessions can ask for')
    .addOption(new Option('--status <status>', 'only these').choices(['ACTIVE', 'INACTIVE', 'DEPRECATED']))
    .option('--json', 'as JSON')
    .action(
      async ({ status, json, ...options }: GatewayOptions & { status?: QosProfile['status']; json?: boolean }) => {
        const profiles = await clientOf(options).profiles.list({ status })
        if (json) return terminal.write(`${JSON.stringify(profiles)}\n`)
        const rows = profiles.map((profile) => [
          profile.name,
          profile.status,
          rate(profile.targetMinDownstreamRate),
          rate(profile.targetMinUpstreamRate),
          quantity(profile.packetDelayBudget),
          quantity(profile.maxDuration),
        ])
        const head = ['PROFILE', 'STATUS', 'TO DEVICE', 'FROM DEVICE', 'DELAY', 'LONGEST']
        terminal.write(table(terminal, head, rows, 'no profiles'))
      },
    )
  return new Command('profiles').description('what sessions can ask for').addCommand(list)
}

const rate = (given: Rate | undefined): string => (given === undefined ? '-' : `${given.value} ${given.unit}`)

const quantity = (given: { value: number; unit: string } | undefined): string =>
  given === undefined ? '-' : `${given.value} ${given.unit.toLowerCase()}`
