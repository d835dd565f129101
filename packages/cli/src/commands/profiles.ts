import { userInfo } from 'node:os'
import { readProfiles } from '@rightofway/gateway'
import type { QosProfile, Rate } from '@rightofway/sdk'
import { Argument, Command, Option } from 'commander'
import { type AdminCall, type AdminOptions, adminCommand, listAll, withAdmin } from '../admin-client.js'
import { CliError, EXIT } from '../exit-codes.js'
import { clientOf, type GatewayOptions, gatewayCommand } from '../gateway-client.js'
import { moment, table } from '../table.js'
import type { Terminal } from '../terminal.js'

/** `rightofway profiles`: the QoS profiles. */
export function profilesCommand(terminal: Terminal): Command {
  const list = gatewayCommand('list')
    .description('list the QoS profiles that sessions can use')
    .addOption(new Option('--status <status>', 'only profiles with this status').choices(STATUSES))
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

  const importFile = adminCommand('import')
    .description('add or replace the QoS profiles of a YAML file; existing sessions do not change')
    .argument('<file>', 'list of profiles, in the format of `profiles export`')
    .action(async (file: string, options: AdminOptions) => {
      const profiles = readProfiles(file)
      await withAdmin(options, async (call) => {
        for (const profile of profiles) await put(call, profile)
      })
      terminal.write(`${profiles.map(({ name }) => name).join(', ')}: imported\n`)
    })

  const exportAll = adminCommand('export')
    .description('write all QoS profiles as YAML for `profiles import`, including members that only operators see')
    .action(async (options: AdminOptions) => {
      const profiles = await withAdmin(options, all)
      terminal.write(`${JSON.stringify(profiles, null, 2)}\n`)
    })

  const status = adminCommand('status')
    .description('set whether new sessions can use a QoS profile; existing sessions do not change')
    .argument('<profile>', 'its name')
    .addArgument(new Argument('<status>', 'new status of the profile').choices(STATUSES))
    .action(async (name: string, becomes: QosProfile['status'], options: AdminOptions) => {
      await withAdmin(options, async (call) => {
        const profile = (await all(call)).find((known) => known.name === name)
        if (profile === undefined) throw new CliError(`there is no profile ${name}`, EXIT.notFound)
        await put(call, { ...profile, status: becomes })
      })
      terminal.write(`${name} is ${becomes}\n`)
    })

  const remove = adminCommand('delete')
    .description('delete a QoS profile; existing sessions do not change')
    .argument('<profile>', 'its name')
    .action(async (name: string, options: AdminOptions) => {
      await withAdmin(options, (call) => call('DELETE', pathOf(name), undefined, author()))
      terminal.write(`${name} is deleted\n`)
    })

  const changes = adminCommand('changes')
    .description('show who changed QoS profiles, and when, newest first')
    .argument('[profile]', 'only changes of this profile')
    .option('--json', 'as JSON, with the profile before and after')
    .action(async (name: string | undefined, { json, ...options }: AdminOptions & { json?: boolean }) => {
      const query = new URLSearchParams({ of: 'profile', ...(name !== undefined && { name }) })
      const records = await withAdmin(options, (call) => call<Change[]>('GET', `/changes?${query.toString()}`))
      if (json) return terminal.write(`${JSON.stringify(records)}\n`)
      const rows = records.map(({ at, by, name: of, before, after }) => [
        moment(new Date(at)),
        by,
        of,
        before === undefined ? 'added' : after === undefined ? 'deleted' : `changed ${differing(before, after)}`,
      ])
      terminal.write(table(terminal, ['WHEN', 'WHO', 'PROFILE', 'WHAT'], rows, 'no changes'))
    })

  return new Command('profiles')
    .addCommand(list)
    .addCommand(importFile)
    .addCommand(exportAll)
    .addCommand(status)
    .addCommand(remove)
    .addCommand(changes)
}

const STATUSES = ['ACTIVE', 'INACTIVE', 'DEPRECATED'] as const

/** As in the admin API. */
type Profile = QosProfile & { readonly restricted?: boolean }

interface Change {
  readonly at: string
  readonly by: string
  readonly name: string
  readonly before?: Profile
  readonly after?: Profile
}

const pathOf = (name: string): string => `/profiles/${encodeURIComponent(name)}`

const all = (call: AdminCall): Promise<Profile[]> => listAll(call, '/profiles', ({ name }) => name)

const put = (call: AdminCall, profile: Profile): Promise<void> => call('PUT', pathOf(profile.name), profile, author())

/** For the audit log. */
const author = () => ({ 'x-operator': userInfo().username })

function differing(before: Profile, after: Profile): string {
  const members = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Profile>
  return (
    [...members].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).join(', ') || 'nothing'
  )
}

const rate = (given: Rate | undefined): string => (given === undefined ? '-' : `${given.value} ${given.unit}`)

const quantity = (given: { value: number; unit: string } | undefined): string =>
  given === undefined ? '-' : `${given.value} ${given.unit.toLowerCase()}`
