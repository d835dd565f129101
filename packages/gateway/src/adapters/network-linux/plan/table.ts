// The table `inet rightofway`: its maps and chains, all that does not change with sessions.

import { createHash } from 'node:crypto'
import { isInterval, KINDS, type Kind, mapName } from './elements.js'
import { DSCP, MAJOR, MARKS_MAP, OWNER_MAP, TABLE } from './names.js'

export interface TableOptions {
  readonly deviceInterfaces: readonly string[]
  readonly serverInterface: string
  /** Handles of the trees, hexadecimal, by interface. */
  readonly handles: ReadonlyMap<string, string>
  /** Length of the IPv6 prefixes of devices in hash maps. */
  readonly ipv6PrefixLength: number
  /** Whether packets of sessions are marked. */
  readonly dscp: boolean
  /** Whether fragments are reassembled before they are looked up, and ICMP errors are classified by their flow. */
  readonly reassemble: boolean
  /** Whether ICMP errors are also classified if the flow has ports. */
  readonly relatedPorts: boolean
}

/** The size of a hash map; a session needs at most 64 elements, and most need one. */
const HASH_SIZE = 1_048_576
/**
 * The size of an interval map, above the limit of admission: the kernel counts both additions and deletions of a
 * transaction.
 */
const INTERVAL_SIZE = 8_192

const KEY_PARTS: Record<Kind, readonly ('device' | 'server' | 'devicePort' | 'serverPort')[]> = {
  ports: ['device', 'server', 'devicePort', 'serverPort'],
  device_port: ['device', 'server', 'devicePort'],
  server_port: ['device', 'server', 'serverPort'],
  ranges: ['device', 'server', 'devicePort', 'serverPort'],
  addresses: ['device', 'server'],
  prefixes: ['device', 'server'],
}

/**
 * Protocols with ports where TCP has them: TCP, UDP, DCCP, SCTP, UDP-Lite. In others those bytes have another meaning.
 */
const WITH_PORTS = '{ 6, 17, 33, 132, 136 }'

/** Chain names with this prefix contain the version of this file that made the table. */
const FINGERPRINT = 'made_by_'

const IP = { ipv4: 'ip', ipv6: 'ip6' } as const
const DIGIT = { ipv4: 4, ipv6: 6 } as const
type Family = keyof typeof IP
type Direction = 'down' | 'up'

interface MapObject {
  readonly map: string
  /** Types of key and value. */
  readonly typeof: string
  readonly flags?: string
  readonly size?: number
}

interface ChainObject {
  readonly chain: string
  /** The hook that calls it. Absent: other chains jump to it. */
  readonly hook?: string
  readonly rules: readonly string[]
}

type TableObject = MapObject | ChainObject
/** The tuples of connection tracking: packets of the side that sent first, and those of the other side. */
type Tuple = 'original' | 'reply'
const TUPLES: readonly Tuple[] = ['original', 'reply']
/** Protocols of {@link WITH_PORTS} with ports in connection tracking. */
const TRACKED = [6, 17, 132] as const
/** An error about a packet of a known connection. */
const RELATED = { ipv4: 'meta l4proto 1 ct state related', ipv6: 'meta l4proto 58 ct state related' } as const

const hasPorts = (kind: Kind): boolean => KEY_PARTS[kind].length > 2

const typeOf = (kind: Kind, family: Family): string =>
  KEY_PARTS[kind]
    .map((part) => (part === 'device' || part === 'server' ? `${IP[family]} saddr` : 'th sport'))
    .join(' . ')

function mapOf(kind: Kind, family: Family): MapObject {
  const [flags, size] = isInterval(kind) ? ['interval,timeout', INTERVAL_SIZE] : ['timeout', HASH_SIZE]
  return { map: mapName(kind, family), typeof: `${typeOf(kind, family)} : meta priority`, flags, size }
}

/** The fields of device and server: in the packet, or by who sent first in a tuple of connection tracking. */
function ends(family: Family, of: Direction | Tuple): Readonly<Record<(typeof KEY_PARTS)[Kind][number], string>> {
  const ip = IP[family]
  switch (of) {
    case 'down':
      return { device: `${ip} daddr`, server: `${ip} saddr`, devicePort: 'th dport', serverPort: 'th sport' }
    case 'up':
      return { device: `${ip} saddr`, server: `${ip} daddr`, devicePort: 'th sport', serverPort: 'th dport' }
    default:
      return {
        device: `ct ${of} ${ip} saddr`,
        server: `ct ${of} ${ip} daddr`,
        devicePort: `ct ${of} proto-src`,
        serverPort: `ct ${of} proto-dst`,
      }
  }
}

/** The fields of the key, in the order of {@link KEY_PARTS}. */
function selector(kind: Kind, family: Family, of: Direction | Tuple, ipv6PrefixLength: number): string {
  const parts = ends(family, of)
  const masked = family === 'ipv6' && !isInterval(kind) && ipv6PrefixLength < 128
  const device = masked ? `${parts.device} & ${ipv6Mask(ipv6PrefixLength)}` : parts.device
  return KEY_PARTS[kind].map((part) => (part === 'device' ? device : parts[part])).join(' . ')
}

/** A packet that is not in a map goes on to the next rule; one that is in it is done. */
function lookUp(kind: Kind, family: Family, of: Direction | Tuple, { ipv6PrefixLength, dscp }: TableOptions): string {
  const then = dscp ? `goto mark${DIGIT[family]}` : 'accept'
  const key = selector(kind, family, of, ipv6PrefixLength)
  return `meta priority set ${key} map @${mapName(kind, family)} ${then}`
}

function lookUps(direction: Direction, family: Family, options: TableOptions): ChainObject[] {
  const name = `${direction}${DIGIT[family]}`
  const rules = (kinds: readonly Kind[]) => kinds.map((kind) => lookUp(kind, family, direction, options))
  const related = options.reassemble ? [`${RELATED[family]} goto related${DIGIT[family]}`] : []
  return [
    { chain: `${name}_ports`, rules: rules(KINDS.filter(hasPorts)) },
    {
      chain: name,
      rules: [
        `meta l4proto ${WITH_PORTS} jump ${name}_ports`,
        ...rules(KINDS.filter((kind) => !hasPorts(kind))),
        ...related,
      ],
    },
  ]
}

/**
 * ICMP errors are classified by the flow that they are about. Connection tracking has its inside addresses, whoever
 * sent first: in the original tuple if that was the device, in the reply tuple if it was the server.
 */
function relatedChain(family: Family, options: TableOptions): ChainObject {
  const rules = TUPLES.flatMap((tuple) =>
    KINDS.flatMap((kind) => {
      const rule = lookUp(kind, family, tuple, options)
      if (!hasPorts(kind)) return [rule]
      // nft supports ports only if it knows the protocol.
      return options.relatedPorts ? TRACKED.map((protocol) => `ct protocol ${protocol} ${rule}`) : []
    }),
  )
  return { chain: `related${DIGIT[family]}`, rules }
}

/** A statement that only an nft with connection tracking's ports in a concatenated key accepts: 1.1, and not 1.0.6. */
export const RELATED_PORTS_TRIAL = `table inet ${TABLE}_trial {
  chain trial {
    ct protocol 6 ct original ip saddr . ct original proto-src { 192.0.2.1 . 1 } accept
  }
}
`

/**
 * From class to the chain that sets its mark. The two families need two maps, because a chain can only mark its own.
 * They end in accept: a packet of a session is not looked up again.
 */
function marks(family: Family): TableObject[] {
  const digit = DIGIT[family]
  return [
    ...Object.values(DSCP).map((dscp) => ({
      chain: `${dscp}_${digit}`,
      rules: [`${IP[family]} dscp set ${dscp} accept`],
    })),
    { map: `${MARKS_MAP}${digit}`, typeof: 'meta priority : verdict' },
    { chain: `mark${digit}`, rules: [`meta priority vmap @${MARKS_MAP}${digit}`, 'accept'] },
  ]
}

/** An interface's name for nft, which takes a star at the end for a wildcard. */
const quoted = (name: string): string => `"${name.replace(/\*$/, '\\*')}"`

function objectsOf(options: TableOptions): TableObject[] {
  const { deviceInterfaces, serverInterface, handles, dscp, reassemble } = options
  const families: readonly Family[] = ['ipv4', 'ipv6']
  const verdicts = [
    ...deviceInterfaces.map((name) => `${quoted(name)} : goto down`),
    `${quoted(serverInterface)} : goto up`,
  ]
  // They are consecutive, from the first.
  const lastHandle = [...handles.values()].toSorted().at(-1)
  const moved = [...handles].filter(([, handle]) => handle !== MAJOR)
  const places = moved.map(([name, handle]) => `${quoted(name)} : goto ${placeName(handle)}`)
  return [
    { map: OWNER_MAP, typeof: 'meta mark : meta mark', flags: 'timeout' },
    ...families.flatMap((family) => KINDS.map((kind) => mapOf(kind, family))),
    ...(dscp ? families.flatMap(marks) : []),
    // Only if connection tracking is active anyway.
    ...(reassemble ? families.map((family) => relatedChain(family, options)) : []),
    ...families.flatMap((family) => [...lookUps('down', family, options), ...lookUps('up', family, options)]),
    { chain: 'down', rules: ['meta nfproto vmap { ipv4 : goto down4, ipv6 : goto down6 }'] },
    { chain: 'up', rules: ['meta nfproto vmap { ipv4 : goto up4, ipv6 : goto up6 }'] },
    // Before source NAT, so that inside addresses match both ways; after routing, which would overwrite the priority. A
    // packet that returns in a tunnel has left the tree of its class. Only this table assigns packets to classes.
    {
      chain: 'classify',
      hook: 'type filter hook postrouting priority mangle; policy accept;',
      rules: [
        `meta priority ${MAJOR}:0-${lastHandle}:ffff meta priority set none`,
        `oifname vmap { ${verdicts.join(', ')} }`,
      ],
    },
    // The class belongs to the tree that the packet meets next.
    ...moved.map(([, handle]) => ({
      chain: placeName(handle),
      rules: [`meta priority set meta priority & 0x0000ffff | 0x${handle}0000`],
    })),
    {
      chain: 'place',
      hook: 'type filter hook postrouting priority mangle + 1; policy accept;',
      rules: [`meta priority ${ANY_CLASS} oifname vmap { ${places.join(', ')} }`],
    },
    // Nothing jumps here: the existence of the rule makes the kernel reassemble fragments before our hook.
    ...(reassemble ? [{ chain: 'reassemble', rules: ['ct state invalid'] }] : []),
  ]
}

function objectText(object: TableObject): string {
  const [head, lines] =
    'map' in object
      ? [
          `map ${object.map}`,
          [
            `typeof ${object.typeof}`,
            ...(object.flags === undefined ? [] : [`flags ${object.flags}`]),
            ...(object.size === undefined ? [] : [`size ${object.size}`]),
          ],
        ]
      : [`chain ${object.chain}`, [...(object.hook === undefined ? [] : [object.hook]), ...object.rules]]
  return `  ${head} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`
}

const bodyText = (options: TableOptions): string => objectsOf(options).map(objectText).join('')

/** The contents of an empty table, which then has no elements. */
export function tableText(options: TableOptions): string {
  const body = bodyText(options)
  return `table inet ${TABLE} {\n${body}${objectText({ chain: fingerprintOf(body), rules: [] })}}`
}

/** The base chains of {@link tableText}: name, hook, priority and policy. */
export const HOOKS: readonly string[] = ['classify postrouting -150 accept', 'place postrouting -149 accept']

/** The statements that assign a class from an element. */
const ANY_CLASS = `${MAJOR}:0-${MAJOR}:ffff`

const placeName = (handle: string): string => `place_${handle}`

const fingerprintOf = (body: string): string =>
  FINGERPRINT + createHash('sha256').update(body).digest('hex').slice(0, 12)

/** The fingerprint of {@link tableText} in the table. */
export const fingerprint = (options: TableOptions): string => fingerprintOf(bodyText(options))

export const isFingerprint = (chain: string): boolean => chain.startsWith(FINGERPRINT)

/** The number of rules of {@link tableText}: a difference means a foreign change. */
export const countRules = (options: TableOptions): number =>
  objectsOf(options).reduce((sum, object) => sum + ('map' in object ? 0 : object.rules.length), 0)

const ipv6Mask = (length: number): string =>
  Array.from({ length: 8 }, (_, group) => {
    const bits = Math.min(16, Math.max(0, length - group * 16))
    return ((0xffff << (16 - bits)) & 0xffff).toString(16)
  })
    .join(':')
    .replace(/(:0)+$/, '::')
