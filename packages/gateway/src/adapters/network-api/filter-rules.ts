// The flow descriptions of a mobile core: IPFilterRules of RFC 6733 section 4.3.1, seen from the device (TS 29.214
// section 5.3.8).

import type { Prefix } from '../../domain/address.js'
import { prefixFamily } from '../../domain/address.js'
import type { Flow } from '../../domain/flow.js'
import type { PortRange, PortSet } from '../../domain/ports.js'
import type { FlowPart } from './families.js'

/** Both directions between a device and one server. */
export interface RulePair {
  /** From device to server. */
  readonly uplink: string
  /** From server to device. */
  readonly downlink: string
}

const ALL_PORTS: readonly (PortRange | undefined)[] = [undefined]

/** The rules of a part of a flow, in the order of its servers. */
export function rulePairs({ device, server }: FlowPart, { devicePorts, serverPorts }: Flow): RulePair[] {
  return server.flatMap((prefix) => {
    const own = device[prefixFamily(prefix)] as Prefix
    return (serverPorts ?? ALL_PORTS).flatMap((serverRange) =>
      (devicePorts ?? ALL_PORTS).map((deviceRange) => {
        const [there, here] = [`${prefix}${portsOf(serverRange)}`, `${own}${portsOf(deviceRange)}`]
        return { uplink: `permit in ip from ${here} to ${there}`, downlink: `permit out ip from ${there} to ${here}` }
      }),
    )
  })
}

/** Neither TS 29.122 nor TS 29.514 has port ranges. */
export const hasPortRanges = ({ devicePorts, serverPorts }: Flow): boolean =>
  [devicePorts, serverPorts].some((ports: PortSet | undefined) => ports?.some(([from, to]) => from !== to))

const portsOf = (range: PortRange | undefined): string =>
  range === undefined ? '' : range[0] === range[1] ? ` ${range[0]}` : ` ${range[0]}-${range[1]}`
