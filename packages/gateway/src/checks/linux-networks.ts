import type { NetworkId } from '@rightofway/camara'
import { inspectMachine } from '../adapters/network-linux/kernel/inspect.js'
import { machineTools, type Tools } from '../adapters/network-linux/kernel/tools.js'
import type { LinuxNetworkConfig } from '../adapters/network-linux/plan/sides.js'
import { ownerIn, reservationFile } from '../adapters/network-linux/state/reservation-table.js'
import { prefixes } from '../config/prefixes.js'
import type { Config, LinuxConfig } from '../config/schema.js'
import { type Finding, ok, warning } from './finding.js'

/**
 * Whether this machine can be its configured networks: tools, capabilities, interfaces, foreign objects.
 * @param tools of another network namespace. Default: this machine's
 * @throws {NetworkUnusable} what ends a start, with the message of the start
 */
export async function checkLinuxNetworks(
  { dataDir, networks }: Pick<Config, 'dataDir' | 'networks'>,
  tools: Tools = machineTools(),
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const network of networks) {
    if (network.kind !== 'linux') continue
    const config = linuxNetworkConfig(network)
    const { warnings } = await inspectMachine(tools, config, ownerIn(reservationFile(dataDir, network.id)))
    const names = [...config.towardsDevices, config.towardsServers].map((side) => side.interface)
    findings.push(
      ok('networks', `${network.id}: tools, rights and interfaces (${names.join(', ')}) are as a start needs them`),
      ...warnings.map((text) => warning('networks', `${network.id}: ${text}`)),
    )
  }
  return findings
}

/** The options of the adapter. @throws {QodError} a prefix is invalid */
export function linuxNetworkConfig({
  kind: _,
  devices: __,
  country: ___,
  plmn: ____,
  ...network
}: LinuxConfig): LinuxNetworkConfig {
  const [first, ...others] = network.towardsDevices.map(({ devices, ...side }) => ({
    ...side,
    ...(devices && { devices: prefixes(devices) }),
  }))
  return {
    ...network,
    id: network.id as NetworkId,
    towardsDevices: [first as LinuxNetworkConfig['towardsDevices'][0], ...others],
  }
}
