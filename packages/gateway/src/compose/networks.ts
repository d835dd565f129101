// The networks that this gateway reaches, each with the store or state that it keeps.

import type { Mutable, NetworkId } from '@rightofway/camara'
import type { Logger } from 'pino'
import type { InsideAddress } from '../adapters/directory-nat/directory.js'
import type { ApiNetwork } from '../adapters/network-api/network.js'
import { CombinedNetwork } from '../adapters/network-combined/network.js'
import { machineTools } from '../adapters/network-linux/kernel/tools.js'
import { LinuxNetwork } from '../adapters/network-linux/network.js'
import { reservationFile } from '../adapters/network-linux/state/reservation-table.js'
import { RemoteNetwork } from '../adapters/network-remote.js'
import { RemoteSimulator } from '../adapters/network-simulator/remote.js'
import { Simulator } from '../adapters/network-simulator/simulator.js'
import { linuxNetworkConfig } from '../checks/linux-networks.js'
import { simulatorFileOf } from '../config/data-files.js'
import { prefixes } from '../config/prefixes.js'
import type { CombinedConfig, Config, LinuxConfig, SimulatorConfig } from '../config/schema.js'
import type { NetworkLocation } from '../domain/availability.js'
import type { Clock } from '../ports/clock.js'
import type { Network } from '../ports/network.js'
import { TEST_DEVICES } from '../sandbox/load-world.js'
import { type AttachedNetwork, Networks } from '../views/networks.js'
import { type ApiNetworkParts, ApiNetworks, type Nef } from './api-networks.js'
import { Closing } from './closing.js'

const MAX_FLOW_RULES = 64
const DEFAULT_CAPACITY_BPS = 100_000_000_000

export interface OpenedNetworks {
  readonly networks: Networks
  /** Those that this gateway can lead. */
  readonly led: readonly Network[]
  readonly simulators: ReadonlyMap<NetworkId, Simulator>
  readonly linuxNetworks: ReadonlyMap<NetworkId, LinuxNetwork>
  readonly apiNetworks: ReadonlyMap<NetworkId, ApiNetwork>
  readonly combinedNetworks: ReadonlyMap<NetworkId, CombinedNetwork>
  readonly nefs: ReadonlyMap<NetworkId, Nef>
  /** Of a network that translates addresses; absent if none does. */
  readonly insideAddress?: InsideAddress
  close(): Promise<void>
}

interface Parts {
  readonly clock: Clock
  readonly monotonicNow: () => number
  readonly log: Logger
}

type NetworkConfig = Config['networks'][number]

/** @throws {NetworkUnusable} this machine cannot be the network it is configured to be; the message says what to do */
export async function openNetworks(config: Config, parts: ApiNetworkParts): Promise<OpenedNetworks> {
  const closing = new Closing()
  const simulators = new Map<NetworkId, Simulator>()
  const linuxNetworks = new Map<NetworkId, LinuxNetwork>()
  const combinedNetworks = new Map<NetworkId, CombinedNetwork>()
  const attached: AttachedNetwork[] = []
  const behindApis = closing.push(await ApiNetworks.open(config, parts))
  const open = async (network: NetworkConfig): Promise<Network> => {
    const id = network.id as NetworkId
    switch (network.kind) {
      case 'linux': {
        const opened = closing.push(await openLinux(network, config, parts))
        linuxNetworks.set(id, opened)
        return opened
      }
      case 'simulator': {
        if (network.url !== undefined) {
          return closing.push(new RemoteSimulator(id, network.url, maxFlowRules(network)))
        }
        const opened = closing.push(openSimulator(network, config, parts))
        simulators.set(id, opened)
        return opened
      }
      case 'camara':
      case 'nef':
      case 'pcf':
        return behindApis.networks.get(id) as Network
      case 'combined': {
        const combined = closing.push(combine(network, parts, opened))
        combinedNetworks.set(id, combined)
        return combined
      }
      case 'remote':
        return new RemoteNetwork(id, maxFlowRules(network))
    }
  }
  const opened = new Map<string, Network>()
  const isPart = partsIn(config)
  try {
    for (const network of config.networks.toSorted(partsFirst)) opened.set(network.id, await open(network))
    for (const network of config.networks) {
      // A part of a combined network keeps no state of its own.
      if (isPart.has(network.id)) continue
      const devices = network.devices && { devices: prefixes(network.devices) }
      const numbers = 'phoneNumbers' in network && { phoneNumbers: network.phoneNumbers }
      attached.push({
        ...{ network: opened.get(network.id) as Network, location: locationOf(network) },
        ...{ ...devices, ...numbers },
      })
    }
  } catch (error) {
    await closing.close()
    throw error
  }
  const networks = new Networks(attached as [AttachedNetwork])
  const led = networks.all.filter((network) => !(network instanceof RemoteNetwork))
  const result: Mutable<OpenedNetworks> = {
    ...{ networks, led, simulators, linuxNetworks, apiNetworks: behindApis.networks, combinedNetworks },
    nefs: behindApis.nefs,
    close: () => closing.close(),
  }
  const [first] = linuxNetworks.values()
  const translates = config.networks.some((network) => network.kind === 'linux' && network.nat)
  if (translates && first !== undefined) result.insideAddress = (address, port) => first.insideAddress(address, port)
  return result
}

const maxFlowRules = (network: { readonly maxFlowRules?: number }) => ({
  maxFlowRules: network.maxFlowRules ?? MAX_FLOW_RULES,
})

/** Ids of networks that are parts of others. */
const partsIn = ({ networks }: Config): ReadonlySet<string> =>
  new Set(networks.flatMap((network) => (network.kind === 'combined' ? network.parts : [])))

const partsFirst = (one: NetworkConfig, other: NetworkConfig): number =>
  Number(one.kind === 'combined') - Number(other.kind === 'combined')

function combine(
  { id, parts, required = parts }: CombinedConfig,
  { store, clock, log }: ApiNetworkParts,
  opened: ReadonlyMap<string, Network>,
): CombinedNetwork {
  return new CombinedNetwork({
    ...{ id: id as NetworkId, clock, log, records: store.remoteReservations },
    parts: parts.map((part) => opened.get(part)) as [Network, ...Network[]],
    required: new Set(required as NetworkId[]),
  })
}

function locationOf({ country, plmn }: NetworkConfig): NetworkLocation {
  const location: Mutable<NetworkLocation> = {}
  if (country !== undefined) location.country = country
  if (plmn !== undefined) location.plmn = plmn
  return location
}

function openSimulator(network: SimulatorConfig, config: Config, { clock, log }: Parts): Simulator {
  return new Simulator({
    id: network.id as NetworkId,
    file: simulatorFileOf(config, network.id),
    clock,
    log,
    capacity: {
      downlinkBps: network.downlinkBps ?? DEFAULT_CAPACITY_BPS,
      uplinkBps: network.uplinkBps ?? DEFAULT_CAPACITY_BPS,
    },
    ...(network.maxFlowRules !== undefined && { maxFlowRules: network.maxFlowRules }),
    ...(config.sandbox && { testDevices: TEST_DEVICES }),
  })
}

const openLinux = (network: LinuxConfig, { dataDir }: Config, parts: Parts): Promise<LinuxNetwork> =>
  LinuxNetwork.open({
    ...parts,
    config: linuxNetworkConfig(network),
    file: reservationFile(dataDir, network.id),
    tools: machineTools(),
  })
