// Which interfaces can have a tree: those that forwarded packets leave by, under the name that nftables sees, without
// passing another interface of this network afterwards. `ip -d link` has all that this takes.

/** An interface in the form of `ip -j -d link show`. */
export interface LinkFacts {
  readonly ifname: string
  readonly altnames?: readonly string[]
  /** Its lower link, or the other end of a veth pair. */
  readonly link?: string | null
  /** Present if that link is in another namespace. */
  readonly link_netnsid?: number
  /** The bridge, bond, team or VRF that it is a port of. */
  readonly master?: string
  readonly flags: readonly string[]
  readonly linkinfo?: {
    readonly info_kind?: string
    readonly info_data?: {
      readonly remote?: string
      readonly remote6?: string
      readonly egress_qos?: readonly { readonly from: number; readonly to: number }[]
    }
  }
}

/** The interface that packets to an address leave by; undefined if there is no known route. */
export type RouteTo = (address: string) => string | undefined

/** Their `link` is the other end, and no lower link. */
const PAIRS: ReadonlySet<string> = new Set(['veth', 'netkit', 'vxcan'])

const kindOf = ({ linkinfo }: LinkFacts): string | undefined => linkinfo?.info_kind

const isAddress = (text: string | undefined): text is string => text !== undefined && text !== 'any'

/** The remote address of a tunnel; undefined if it is no tunnel, or has many. */
const farEndOf = ({ linkinfo }: LinkFacts): string | undefined =>
  [linkinfo?.info_data?.remote, linkinfo?.info_data?.remote6].find(isAddress)

/**
 * Why an interface cannot be part of a network; undefined if it can.
 * @param name as configured
 * @param all every interface of the machine
 * @param configured the names of all interfaces of the network
 */
export function objectionTo(
  name: string,
  all: readonly LinkFacts[],
  configured: readonly string[],
  routeTo: RouteTo,
): string | undefined {
  const link = all.find(({ ifname, altnames }) => ifname === name || altnames?.includes(name))
  if (link === undefined) return undefined
  if (link.ifname !== name) return `${name} is another name of ${link.ifname}: configure ${link.ifname}`
  if (link.flags.includes('LOOPBACK')) return `${name} is the loopback: no packet leaves the machine through it`
  if (kindOf(link) === 'vrf') return `${name} is a VRF, which is not supported: packets leave through its members`
  return portObjection(link, all) ?? mapObjection(link) ?? stackObjection(link, all, configured, routeTo)
}

function portObjection({ ifname, master }: LinkFacts, all: readonly LinkFacts[]): string | undefined {
  if (master === undefined) return undefined
  const kind = kindOf(all.find((link) => link.ifname === master) ?? { ifname: master, flags: [] }) ?? 'interface'
  if (kind === 'vrf') {
    return `${ifname} belongs to the VRF ${master}, where an address may be another device's than elsewhere: no interface of a VRF can be used`
  }
  return `${ifname} is a port of the ${kind} ${master}, and packets leave through ${master}: configure ${master}`
}

/** The map would take a packet's class for a priority that it does not have. */
function mapObjection({ ifname, linkinfo }: LinkFacts): string | undefined {
  const mapped = linkinfo?.info_data?.egress_qos?.filter(({ to }) => to !== 0) ?? []
  if (mapped.length === 0) return undefined
  const without = mapped.map(({ from }) => `${from}:0`).join(' ')
  return (
    `${ifname} maps priorities to those of its VLAN (egress-qos-map), and packets of sessions would all have the lowest: ` +
    `clear the map ("ip link set dev ${ifname} type vlan egress-qos-map ${without}")`
  )
}

function stackObjection(
  link: LinkFacts,
  all: readonly LinkFacts[],
  configured: readonly string[],
  routeTo: RouteTo,
): string | undefined {
  const below = interfacesBelow(link, all, routeTo)
  const other = configured.find((name) => name !== link.ifname && below.has(name))
  return other === undefined
    ? undefined
    : `${link.ifname} sends through ${other}, and both are interfaces of this network: packets would wait in both, and ` +
        `sessions have no precedence in ${other}. Leave one of them out, or use two that stand side by side`
}

/** The remote addresses of all tunnels among interfaces and their lower links. */
export const farEndsBelow = (names: readonly string[], all: readonly LinkFacts[]): string[] => [
  ...new Set(
    all
      .filter(({ ifname }) => names.includes(ifname))
      .flatMap((top) => [top.ifname, ...interfacesBelow(top, all, () => undefined)])
      .flatMap((name) => all.filter(({ ifname }) => ifname === name))
      .map(farEndOf)
      .filter((address) => address !== undefined),
  ),
]

/** All links that packets of an interface pass after it. */
function interfacesBelow(top: LinkFacts, all: readonly LinkFacts[], routeTo: RouteTo): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting = [top]
  for (let link = waiting.pop(); link !== undefined; link = waiting.pop()) {
    for (const name of directlyBelow(link, all, routeTo)) {
      const next = all.find(({ ifname }) => ifname === name)
      if (next === undefined || found.has(name)) continue
      found.add(name)
      waiting.push(next)
    }
  }
  return found
}

function directlyBelow(link: LinkFacts, all: readonly LinkFacts[], routeTo: RouteTo): string[] {
  const { ifname, link: lower, link_netnsid: namespace } = link
  const isStacked = typeof lower === 'string' && namespace === undefined && !PAIRS.has(kindOf(link) ?? '')
  const farEnd = farEndOf(link)
  const underlay = farEnd === undefined ? undefined : routeTo(farEnd)
  return [
    ...(isStacked ? [lower] : []),
    ...all.filter(({ master }) => master === ifname).map((port) => port.ifname),
    ...(underlay === undefined ? [] : [underlay]),
  ]
}
