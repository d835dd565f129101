// The interface of a flow on this machine, and its elements.

import { addressPairs, type Flow } from '../../../domain/flow.js'
import type { Qos } from '../../../domain/profile.js'
import type { Pair } from '../state/class-pool.js'
import type { Egress } from './egress.js'
import { type Element, elementId, elementsOf } from './elements.js'
import { classSpec } from './htb.js'
import { type LinuxNetworkConfig, sideOf } from './sides.js'

export interface Placed {
  /** The interface towards its device. */
  readonly device: Egress
  readonly pair: Pair
  readonly elements: readonly Element[]
}

export interface Placement {
  readonly config: Pick<LinuxNetworkConfig, 'ipv6PrefixLength' | 'towardsDevices'>
  readonly devices: readonly Egress[]
  readonly servers: Egress
}

export function place(
  { flow, qos }: { readonly flow: Flow; readonly qos: Qos },
  { config, devices, servers }: Placement,
): Placed | { readonly objection: string } {
  const elements = elementsOf(flow, config.ipv6PrefixLength)
  if (elements.length === 0) return { objection: 'device and server have no address family in common' }
  const [side, another] = new Set(addressPairs(flow).map(({ device }) => sideOf(config.towardsDevices, device)))
  const device = devices.find(({ interface: name }) => name === side?.interface)
  if (device === undefined) return { objection: 'the device is not behind an interface of this network' }
  if (another !== undefined) return { objection: 'the addresses of the device are behind different interfaces' }
  const pair = { downlink: classSpec(qos.downlink, qos, device), uplink: classSpec(qos.uplink, qos, servers) }
  return { elements, device, pair }
}

export const sameElements = (a: readonly Element[], b: readonly Element[]): boolean =>
  a.length === b.length && a.every((element, index) => elementId(element) === elementId(b[index] as Element))

/** The number of these elements in each interval map. */
export function intervals(elements: readonly Element[]): Map<Element['map'], number> {
  const counts = new Map<Element['map'], number>()
  for (const { map, box } of elements) if (box !== undefined) counts.set(map, (counts.get(map) ?? 0) + 1)
  return counts
}
