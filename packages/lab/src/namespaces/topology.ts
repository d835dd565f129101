// The network of the lab: devices and servers with a router between them, in namespaces joined by veth pairs.
//
//   device  10.0.0.2            lan0 router wan0            198.51.100.2  server
//           2001:db8:1::2   10.0.0.1 | 198.51.100.1         2001:db8:2::2
//
// All packets leave the router by one of its two interfaces: lan0 to devices, wan0 to servers.

import { Namespace } from './namespace.js'

export const DEVICE = { ipv4: '10.0.0.2', ipv6: '2001:db8:1::2' } as const
export const SERVER = { ipv4: '198.51.100.2', ipv6: '2001:db8:2::2' } as const
export const ROUTER = {
  lan: { interface: 'lan0', ipv4: '10.0.0.1', ipv6: '2001:db8:1::1' },
  wan: { interface: 'wan0', ipv4: '198.51.100.1', ipv6: '2001:db8:2::1' },
} as const

export interface TopologyOptions {
  /** Further addresses of the device, such as `10.0.0.3/24`. */
  readonly deviceAddresses?: readonly string[]
  /** Further addresses of the server, such as `198.51.100.77/24`. */
  readonly serverAddresses?: readonly string[]
  /** Whether the router translates device addresses to its own (NAT). Default: no. */
  readonly nat?: boolean
}

export interface Topology {
  readonly device: Namespace
  readonly router: Namespace
  readonly server: Namespace
  close(): Promise<void>
}

const NO_DAD = ['net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.default.dad_transmits=0']

export async function createTopology({
  deviceAddresses = [],
  serverAddresses = [],
  nat = false,
}: TopologyOptions = {}): Promise<Topology> {
  const [device, router, server] = await Promise.all([
    Namespace.create('device'),
    Namespace.create('router'),
    Namespace.create('server'),
  ])
  const topology: Topology = {
    device,
    router,
    server,
    close: async () => void (await Promise.all([device.close(), router.close(), server.close()])),
  }
  try {
    // Addresses are used at once, without duplicate address detection.
    await Promise.all([device, router, server].map((node) => node.run(['sysctl', '-qw', ...NO_DAD])))
    await router.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'])
    await router.ip(
      `link add ${ROUTER.lan.interface} type veth peer name eth0 netns ${device.pid}`,
      `link add ${ROUTER.wan.interface} type veth peer name eth0 netns ${server.pid}`,
      ...addresses(ROUTER.lan.interface, [`${ROUTER.lan.ipv4}/24`, `${ROUTER.lan.ipv6}/64`]),
      ...addresses(ROUTER.wan.interface, [`${ROUTER.wan.ipv4}/24`, `${ROUTER.wan.ipv6}/64`]),
      `link set ${ROUTER.lan.interface} up`,
      `link set ${ROUTER.wan.interface} up`,
    )
    await device.ip(
      ...addresses('eth0', [`${DEVICE.ipv4}/24`, `${DEVICE.ipv6}/64`, ...deviceAddresses]),
      'link set eth0 up',
      `route add default via ${ROUTER.lan.ipv4}`,
      `route add ::/0 via ${ROUTER.lan.ipv6}`,
    )
    await server.ip(
      ...addresses('eth0', [`${SERVER.ipv4}/24`, `${SERVER.ipv6}/64`, ...serverAddresses]),
      'link set eth0 up',
      ...(nat ? [] : [`route add default via ${ROUTER.wan.ipv4}`]),
      `route add ::/0 via ${ROUTER.wan.ipv6}`,
    )
    if (nat) await router.run(['nft', '-f', '-'], MASQUERADE)
    return topology
  } catch (error) {
    await topology.close()
    throw error
  }
}

const MASQUERADE = `table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "${ROUTER.wan.interface}" masquerade
  }
}
`

const addresses = (link: string, list: readonly string[]): string[] =>
  list.map((address) => `addr add ${address} dev ${link}`)
