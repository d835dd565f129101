// Stacked interfaces of every kind: between the router and its neighbours, instead of the plain ones.

import { execFileSync } from 'node:child_process'
import { DEVICE, type Namespace, ROUTER, SERVER, type Topology } from '@rightofway/lab'

/** Whether this kernel accepts shell commands in a namespace of its own; those of test:kernel accept all. */
export function kernelTakes(script: string): boolean {
  if (process.env['KERNEL_TESTS'] !== undefined) return true
  try {
    execFileSync('unshare', ['--net', 'sh', '-ec', script], { stdio: 'ignore' })
    return true
  } catch {
    // It lacks a kind, which can only be found by trying.
    return false
  }
}

/**
 * A kind, as lines of `ip` that put an interface on top of `lower` at either end; `n` is 1 or 2, and the same at both.
 */
interface Kind {
  readonly router: (name: string, lower: string, n: 1 | 2) => readonly string[]
  /** Absent: the neighbour needs none. */
  readonly neighbour?: (name: string, lower: string, n: 1 | 2) => readonly string[]
  /** Whether both ends need addresses of their own on the lower link: a tunnel. */
  readonly isTunnel?: boolean
  /** Whether both ends need keys. */
  readonly hasKeys?: boolean
}

const bothEnds = (lines: Kind['router']): Kind => ({ router: lines, neighbour: lines })

const tunnel = (options: (far: string, near: string, n: 1 | 2) => string): Kind => ({
  isTunnel: true,
  router: (name, _lower, n) => [`link add ${name} type ${options(underlay(n).neighbour, underlay(n).router, n)}`],
  neighbour: (name, _lower, n) => [`link add ${name} type ${options(underlay(n).router, underlay(n).neighbour, n)}`],
})

const underlay = (n: 1 | 2) => {
  const net = n === 1 ? '192.0.2' : '203.0.113'
  return { router: `${net}.1`, neighbour: `${net}.2` }
}

const port = (type: string): Kind => ({
  router: (name, lower) => [
    `link add ${name} type ${type}`,
    `link set ${lower} down`,
    `link set ${lower} master ${name}`,
    `link set ${lower} up`,
  ],
})

export const KINDS = {
  vlan: bothEnds((name, lower) => [`link add link ${lower} name ${name} type vlan id 5`]),
  'vlan in vlan': bothEnds((name, lower) => [
    `link add link ${lower} name s-${lower} type vlan proto 802.1ad id 7`,
    `link set s-${lower} up`,
    `link add link s-${lower} name ${name} type vlan id 5`,
  ]),
  macvlan: { router: (name, lower) => [`link add link ${lower} name ${name} type macvlan mode bridge`] },
  bond: port('bond mode active-backup miimon 100'),
  bridge: port('bridge'),
  gre: tunnel((far, near) => `gre remote ${far} local ${near}`),
  ipip: tunnel((far, near) => `ipip remote ${far} local ${near}`),
  vxlan: tunnel((far, near, n) => `vxlan id ${n} remote ${far} local ${near} dstport 4789`),
  wireguard: { ...tunnel(() => 'wireguard'), hasKeys: true },
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof KINDS

/** The upper interfaces, with the addresses that the lower ones had before. */
export const UPPER = { lan: 'up-lan0', wan: 'up-wan0' } as const

/** Puts an interface of a kind between the router and each of its neighbours. */
export async function stack(topology: Topology, kind: KindName): Promise<void> {
  const { device, router, server } = topology
  await stackOne(KINDS[kind], 1, {
    router: { namespace: router, lower: ROUTER.lan.interface, name: UPPER.lan, address: `${ROUTER.lan.ipv4}/24` },
    neighbour: { namespace: device, lower: 'eth0', name: UPPER.lan, address: `${DEVICE.ipv4}/24` },
    route: ROUTER.lan.ipv4,
  })
  await stackOne(KINDS[kind], 2, {
    router: { namespace: router, lower: ROUTER.wan.interface, name: UPPER.wan, address: `${ROUTER.wan.ipv4}/24` },
    neighbour: { namespace: server, lower: 'eth0', name: UPPER.wan, address: `${SERVER.ipv4}/24` },
    route: ROUTER.wan.ipv4,
  })
}

interface End {
  readonly namespace: Namespace
  readonly lower: string
  readonly name: string
  readonly address: string
}

async function stackOne(
  kind: Kind,
  n: 1 | 2,
  { router, neighbour, route }: { router: End; neighbour: End; route: string },
): Promise<void> {
  for (const [end, lines, below] of [
    [router, kind.router, underlay(n).router],
    [neighbour, kind.neighbour, underlay(n).neighbour],
  ] as const) {
    if (lines === undefined) continue
    const { namespace, lower, name, address } = end
    await namespace.ip(
      `addr flush dev ${lower}`,
      ...(kind.isTunnel === true ? [`addr add ${below}/24 dev ${lower}`] : []),
      ...lines(name, lower, n),
      `addr add ${address} dev ${name}`,
      `link set ${name} up`,
    )
  }
  if (kind.hasKeys === true) await exchangeKeys(router, neighbour, n)
  await neighbour.namespace.ip(`route replace default via ${route}`)
}

const WIREGUARD_PORT = 51_820

/** Configures two ends of WireGuard as peers: each has its own key, which no command line and no file contains. */
async function exchangeKeys(router: End, neighbour: End, n: 1 | 2): Promise<void> {
  const at = underlay(n)
  // The router has two such interfaces.
  const udpPort = WIREGUARD_PORT + n
  const [ours, theirs] = await Promise.all([keyPair(router.namespace), keyPair(neighbour.namespace)])
  for (const [{ namespace, name }, own, other, endpoint] of [
    [router, ours, theirs, at.neighbour],
    [neighbour, theirs, ours, at.router],
  ] as const) {
    await namespace.run(
      // Our own end of a pipe is a socket, which cannot be opened by that name.
      ['sh', '-c', 'cat | wg setconf "$1" /dev/stdin', 'sh', name],
      [
        '[Interface]',
        `PrivateKey = ${own.secret}`,
        `ListenPort = ${udpPort}`,
        '[Peer]',
        `PublicKey = ${other.shared}`,
        `Endpoint = ${endpoint}:${udpPort}`,
        'AllowedIPs = 0.0.0.0/0, ::/0',
        '',
      ].join('\n'),
    )
  }
}

async function keyPair(namespace: Namespace): Promise<{ secret: string; shared: string }> {
  const secret = (await namespace.run(['wg', 'genkey'])).trim()
  return { secret, shared: (await namespace.run(['wg', 'pubkey'], `${secret}\n`)).trim() }
}
