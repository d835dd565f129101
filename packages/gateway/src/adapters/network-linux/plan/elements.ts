// The elements of nftables maps for a flow. Every map gives the class of a packet; there is one for each kind of key,
// so that a packet is looked up at most once per kind, however many sessions there are. Exact flows are in hash maps,
// where a change costs the same among ten thousand as among ten; prefixes and port ranges need interval maps, which are
// copied whole at every commit and are meant for few flows.

import ipaddr from 'ipaddr.js'
import { type Family, type Prefix, prefixAddress, prefixLength } from '../../../domain/address.js'
import { addressPairs, type Flow } from '../../../domain/flow.js'
import type { PortRange } from '../../../domain/ports.js'

/** Most specific first: the order in which a packet is looked up. */
export const KINDS = ['ports', 'device_port', 'server_port', 'ranges', 'addresses', 'prefixes'] as const
export type Kind = (typeof KINDS)[number]

/** Name of a map: a kind and the digit of an IP version, such as `addresses4`. */
export type MapName = `${Kind}${4 | 6}`

export const isInterval = (kind: Kind): boolean => kind === 'ranges' || kind === 'prefixes'

export const mapName = (kind: Kind, family: Family): MapName => `${kind}${family === 'ipv4' ? 4 : 6}`

export const MAP_NAMES: readonly MapName[] = (['ipv4', 'ipv6'] as const).flatMap((family) =>
  KINDS.map((kind) => mapName(kind, family)),
)

/** One element: its map, and its key in nft's own spelling. The two together identify it. */
export interface Element {
  readonly map: MapName
  readonly key: string
  /** In an interval map: the range of each part of the key, to find overlaps. */
  readonly box?: Box
}

/** First and last of the device's addresses, the server's addresses, the device's ports and the server's. */
export type Box = readonly [device: Span, server: Span, devicePorts: Span, serverPorts: Span]
type Span = readonly [from: bigint | number, to: bigint | number]

export const boxesOverlap = (a: Box, b: Box): boolean =>
  a.every(([from, to], part) => from <= (b[part] as Span)[1] && (b[part] as Span)[0] <= to)

export type ElementId = string & { readonly element: true }

export const elementId = ({ map, key }: Pick<Element, 'map' | 'key'>): ElementId => `${map} ${key}` as ElementId

const ALL_PORTS: PortRange = [0, 65_535]

const isSingle = ([from, to]: PortRange): boolean => from === to
const portText = ([from, to]: PortRange): string => (from === to ? String(from) : `${from}-${to}`)

const isHost = (prefix: Prefix, family: Family): boolean => prefixLength(prefix) === (family === 'ipv4' ? 32 : 128)
/** A prefix as nft writes it: a host has no length. */
const prefixText = (prefix: Prefix, family: Family): string => (isHost(prefix, family) ? prefixAddress(prefix) : prefix)

/**
 * The elements of a flow: one for each pair of addresses and pair of port ranges.
 * @param ipv6PrefixLength of the devices in hash maps; those with other prefixes go to interval maps
 * @returns none if device and server have no address family in common
 */
export function elementsOf(flow: Flow, ipv6PrefixLength: number): Element[] {
  return addressPairs(flow).flatMap(({ family, device, server }) => {
    const deviceIsExact = prefixLength(device) === (family === 'ipv4' ? 32 : ipv6PrefixLength)
    const isExact = deviceIsExact && isHost(server, family)
    const addresses = `${deviceIsExact ? prefixAddress(device) : prefixText(device, family)} . ${prefixText(server, family)}`
    if (flow.devicePorts === undefined && flow.serverPorts === undefined) {
      if (isExact) return [{ map: mapName('addresses', family), key: addresses }]
      const key = `${prefixText(device, family)} . ${prefixText(server, family)}`
      return [{ map: mapName('prefixes', family), key, box: boxOf(device, server) }]
    }
    return (flow.devicePorts ?? [undefined]).flatMap((devicePorts) =>
      (flow.serverPorts ?? [undefined]).map((serverPorts): Element => {
        const given = [devicePorts, serverPorts].filter((ports) => ports !== undefined)
        if (isExact && given.every(isSingle)) {
          const kind = devicePorts === undefined ? 'server_port' : serverPorts === undefined ? 'device_port' : 'ports'
          return { map: mapName(kind, family), key: [addresses, ...given.map(portText)].join(' . ') }
        }
        const ports = [devicePorts ?? ALL_PORTS, serverPorts ?? ALL_PORTS] as const
        const key = [prefixText(device, family), prefixText(server, family), ...ports.map(portText)].join(' . ')
        return { map: mapName('ranges', family), key, box: boxOf(device, server, ...ports) }
      }),
    )
  })
}

const boxOf = (device: Prefix, server: Prefix, devicePorts = ALL_PORTS, serverPorts = ALL_PORTS): Box => [
  addressSpan(device),
  addressSpan(server),
  devicePorts,
  serverPorts,
]

/** First and last address of a prefix, as integers. */
function addressSpan(prefix: Prefix): Span {
  const bytes = ipaddr.parse(prefixAddress(prefix)).toByteArray()
  const first = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  return [first, first + (1n << BigInt(bytes.length * 8 - prefixLength(prefix))) - 1n]
}
