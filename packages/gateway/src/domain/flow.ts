// A flow is the traffic of a session: between the addresses of one device and those of one server, on some
// ports or all.

import { type ApplicationServer, type Mutable, type PortsSpec, QodError } from '@rightofway/camara'
import { type Family, familyOf, type Prefix, parsePrefix, prefixesOverlap, prefixFamily } from './address.js'
import { type PortSet, parsePorts, portsOverlap } from './ports.js'
import { checkUnicast } from './unicast.js'

/** The addresses a device has on its network: one IPv4 address, one IPv6 prefix, either or none. */
export interface DeviceAddresses {
  readonly ipv4?: Prefix
  readonly ipv6?: Prefix
}

/** The server's addresses of a flow, and the ports: the part that the request alone decides. */
export interface ServerSide {
  readonly server: readonly Prefix[]
  /** Absent: all ports. */
  readonly devicePorts?: PortSet
  /** Absent: all ports. */
  readonly serverPorts?: PortSet
}

export interface Flow extends ServerSide {
  readonly device: DeviceAddresses
}

export const sameAddresses = (a: DeviceAddresses, b: DeviceAddresses): boolean => a.ipv4 === b.ipv4 && a.ipv6 === b.ipv6

/** The members of a create request that describe the traffic. */
export interface FlowRequest {
  readonly applicationServer: ApplicationServer
  readonly devicePorts?: PortsSpec
  readonly applicationServerPorts?: PortsSpec
}

/**
 * The flow of a request, without its device.
 * @throws {QodError} `INVALID_ARGUMENT` naming the member
 */
export function parseServerSide({ applicationServer, devicePorts, applicationServerPorts }: FlowRequest): ServerSide {
  const server: Prefix[] = []
  if ('ipAddresses' in applicationServer) {
    for (const [index, address] of applicationServer.ipAddresses.entries()) {
      const prefix = parseServer(address, familyOf(address), `applicationServer.ipAddresses[${index}]`)
      if (!server.includes(prefix)) server.push(prefix)
    }
  } else {
    const { ipv4Address, ipv6Address } = applicationServer
    if (ipv4Address !== undefined) server.push(parseServer(ipv4Address, 'ipv4', 'applicationServer.ipv4Address'))
    if (ipv6Address !== undefined) {
      const prefix = parseServer(ipv6Address, 'ipv6', 'applicationServer.ipv6Address')
      if (!server.includes(prefix)) server.push(prefix)
    }
  }
  const side: Mutable<ServerSide> = { server }
  if (devicePorts !== undefined) side.devicePorts = parsePorts(devicePorts, 'devicePorts')
  if (applicationServerPorts !== undefined) {
    side.serverPorts = parsePorts(applicationServerPorts, 'applicationServerPorts')
  }
  return side
}

function parseServer(text: string, family: Family, field: string): Prefix {
  const prefix = parsePrefix(text, family, field)
  checkUnicast(prefix, field)
  return prefix
}

/**
 * Refuses a flow that can contain no packet.
 * @throws {QodError} `SERVICE_NOT_APPLICABLE` the device has no address, `INVALID_ARGUMENT` the server has none of its family
 */
export function checkAddressPairs(flow: Flow): void {
  if (addressPairs(flow).length > 0) return
  const [family] = (['ipv4', 'ipv6'] as const).filter((each) => flow.device[each] !== undefined)
  if (family === undefined) {
    throw new QodError('SERVICE_NOT_APPLICABLE', 'The device has no address: it is not connected to the network')
  }
  const [device, server] = family === 'ipv4' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']
  throw new QodError(
    'INVALID_ARGUMENT',
    `applicationServer must have an ${device} address, because the device has no ${server} address`,
  )
}

/** How many rules a network needs for a flow: port ranges of the device times those of the server times addresses. */
export const flowRules = ({ server, devicePorts, serverPorts }: ServerSide): number =>
  server.length * (devicePorts?.length ?? 1) * (serverPorts?.length ?? 1)

/**
 * Refuses a flow with more rules than the network takes.
 * @throws {QodError} `INVALID_ARGUMENT` naming the limit
 */
export function checkFlowSize(side: ServerSide, maxFlowRules: number): void {
  const rules = flowRules(side)
  if (rules > maxFlowRules) {
    throw new QodError(
      'INVALID_ARGUMENT',
      `This flow needs ${rules} rules (ranges of devicePorts x ranges of applicationServerPorts x server addresses); ` +
        `the network takes at most ${maxFlowRules} for one session`,
    )
  }
}

/** The pairs of addresses, one of the device and one of the server, between which traffic can run. */
export function addressPairs(flow: Flow): { family: Family; device: Prefix; server: Prefix }[] {
  return flow.server.flatMap((server) => {
    const family = prefixFamily(server)
    const device = flow.device[family]
    return device === undefined ? [] : [{ family, device, server }]
  })
}

/**
 * Whether some packet of one and the same device belongs to both (contract: device, server addresses, server ports and
 * device ports all intersect). The caller makes sure that the device is the same: addresses can move to another device.
 */
export const flowsOverlap = (a: ServerSide, b: ServerSide): boolean =>
  portsOverlap(a.serverPorts, b.serverPorts) &&
  portsOverlap(a.devicePorts, b.devicePorts) &&
  a.server.some((prefix) => b.server.some((other) => prefixesOverlap(prefix, other)))
