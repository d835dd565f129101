import { tearNetworksDown } from '@rightofway/gateway'
import { Command } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import { CliError, EXIT } from '../exit-codes.js'
import { list, table } from '../table.js'
import { paint, type Terminal } from '../terminal.js'
import { rateText } from './sessions/meter.js'

interface Direction {
  readonly guaranteedBps: number
  readonly ceilingBps: number
  readonly bitsPerSecond: number
}

/** As the admin API shows it (operation getLinuxNetwork). */
interface Status {
  readonly links: readonly {
    readonly interface: string
    readonly direction: string
    readonly capacityBps: number
    readonly reservedBps: number
    readonly guaranteedBps: number
    readonly sessionsBps: number
    readonly leaf: string
    readonly trouble?: string
  }[]
  readonly sessions: readonly {
    readonly sessionId: string
    readonly class: string
    readonly interface: string
    readonly endsAt: string
    readonly downlink: Direction
    readonly uplink: Direction
  }[]
  readonly classes: { readonly inUse: number; readonly ready: number }
  readonly repairs: number
  readonly troubles: readonly string[]
  /** Absent: the kernel cannot be read. */
  readonly drift?: {
    readonly rebuilt: readonly string[]
    readonly missing: number
    readonly stray: number
    readonly classes: number
  }
}

/** `rightofway network`: the Linux network on this machine. */
export function networkCommand(terminal: Terminal): Command {
  const status = adminCommand('status')
    .description('show links and sessions of the Linux network on this machine, and differences in its kernel')
    .argument('[network]', 'name of the network; required if there are several')
    .option('--json', 'as JSON')
    .action(async (name: string | undefined, { json, ...options }: AdminOptions & { json?: boolean }) => {
      const shown = await withAdmin(options, async (call) => {
        const { networks } = await call<{ networks: { network: string }[] }>('GET', '/status')
        const names = networks.map(({ network }) => network)
        if (name === undefined && names.length > 1) {
          throw new CliError(`give the name of a network: ${names.join(', ')}`, EXIT.usage)
        }
        return call<Status>('GET', `/networks/${encodeURIComponent(name ?? names.join())}/linux`)
      })
      terminal.write(json ? `${JSON.stringify(shown)}\n` : sheet(terminal, shown))
    })

  const teardown = adminCommand('teardown')
    .description('remove everything that the Linux network has configured on this machine; the gateway must be stopped')
    .action(async (options: AdminOptions) => {
      if (await isRunning(options)) {
        throw new CliError('the gateway is running and would restore it: stop it first', EXIT.conflict)
      }
      const { table: had, interfaces, restored, notRestored } = await tearNetworksDown(options.dataDir)
      const said = [
        had ? 'table inet rightofway: removed' : 'table inet rightofway: did not exist',
        ...interfaces.map((link) => `${link}: tree removed`),
        ...restored.map(({ interface: link, qdisc }) => `${link}: restored:  ${qdisc}`),
        ...notRestored.map(({ interface: link, qdisc }) => `${link}: tc refused to restore it:  ${qdisc}`),
      ]
      terminal.write(said.map((line) => `${line}\n`).join(''))
      if (notRestored.length > 0) terminal.exitCode = EXIT.failed
    })
  return new Command('network').addCommand(status).addCommand(teardown)
}

async function isRunning(options: AdminOptions): Promise<boolean> {
  try {
    await withAdmin(options, (call) => call('GET', '/status'))
    return true
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.unreachable) return false
    throw error
  }
}

function sheet(terminal: Terminal, { links, sessions, classes, repairs, troubles, drift }: Status): string {
  const linkRows = links.map((link) => [
    link.interface,
    link.direction,
    ...[link.capacityBps, link.reservedBps, link.guaranteedBps, link.sessionsBps].map(rateText),
    link.leaf,
    link.trouble === undefined ? 'ok' : paint(terminal, 'red', 'failing'),
  ])
  const sessionRows = sessions.map(({ sessionId, class: id, endsAt, downlink, uplink }) => [
    sessionId,
    id,
    endsAt,
    ...[downlink, uplink].flatMap((flow) => [flow.bitsPerSecond, flow.guaranteedBps, flow.ceilingBps].map(rateText)),
  ])
  const linkHead = ['LINK', 'DIRECTION', 'CAPACITY', 'RESERVED', 'GUARANTEED', 'SESSIONS', 'QUEUES', 'STATE']
  const sessionHead = ['SESSION', 'CLASS', 'ENDS', 'DOWN NOW', 'SURE', 'MOST', 'UP NOW', 'SURE', 'MOST']
  return [
    table(terminal, linkHead, linkRows, 'no links'),
    table(terminal, sessionHead, sessionRows, 'no sessions'),
    list(terminal, {
      classes: `${classes.inUse} in use, ${classes.ready} ready`,
      repairs: `${repairs} since start`,
      kernel: kernelText(terminal, drift, troubles.length > 0),
      ...(troubles.length > 0 && { trouble: paint(terminal, 'red', troubles.join('; ')) }),
    }),
  ].join('\n')
}

function kernelText(terminal: Terminal, drift: Status['drift'], isInTrouble: boolean): string {
  if (drift === undefined) return paint(terminal, 'red', 'cannot be read')
  const differences = [
    ...drift.rebuilt.map((what) => `${what} differs from the configuration`),
    ...counted(drift.missing, 'elements missing or wrong'),
    ...counted(drift.stray, 'elements without a session'),
    ...counted(drift.classes, 'classes missing or wrong'),
  ]
  if (differences.length > 0) return paint(terminal, 'yellow', differences.join('; '))
  return isInTrouble ? paint(terminal, 'yellow', 'differences found') : 'no differences'
}

const counted = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`])
