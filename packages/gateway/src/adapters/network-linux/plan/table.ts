// The table `inet rightofway`: its maps and chains. What does not change while sessions come and go is all here.

import { createHash } from 'node:crypto'
import { isInterval, KINDS, type Kind, mapName } from './elements.js'
import { DSCP, MAJOR, MARKS_MAP, OWNER_MAP, TABLE } from './names.js'

export interface TableOptions {
  readonly deviceInterfaces: readonly string[]
  readonly serverInterface: string
  /** Handles of the trees, hexadecimal, by interface. */
  readonly handles: ReadonlyMap<string, string>
  /** Length of the IPv6 prefixes that hash maps hold for devices. */
  readonly ipv6PrefixLength: number
  /** Whether packets of sessions are marked. */
  readonly dscp: boolean
  /** Whether fragments are put together before they are looked up, and ICMP errors go with their flow. */
  readonly reassemble: boolean
  /** Whether they do so also where the flow is one by its ports. */
  readonly relatedPorts: boolean
}

/** Of a hash map; a session needs at most 64 elements, and most need one. */
const HASH_SIZE = 1_048_576
/** Above what admission lets in: the kernel counts what a transaction adds and deletes. */
const INTERVAL_SIZE = 8_192

const KEY_PARTS: Record<Kind, readonly ('device' | 'server' | 'devicePort' | 'serverPort')[]> = {
  ports: ['device', 'server', 'devicePort', 'serverPort'],
  device_port: ['device', 'server', 'devicePort'],
  server_port: ['device', 'server', 'serverPort'],
  ranges: ['device', 'server', 'devicePort', 'serverPort'],
  addresses: ['device', 'server'],
  prefixes: ['device', 'server'],
}

/** Protocols with ports where TCP has them: TCP, UDP, DCCP, SCTP, UDP-Lite. Of others the bytes there mean nothing. */
const WITH_PORTS = '{ 6, 17, 33, 132, 136 }'

/** Chain names that begin so tell which version of this file made the table. */
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
  /** When the kernel calls it. Absent: other chains go to it. */
  readonly hook?: string
  readonly rules: readonly string[]
}

type TableObject = MapObject | ChainObject
/** What connection tracking knows of a connection: how packets of whoever sent first look, and those that answer. */
type Tuple = 'original' | 'reply'
const TUPLES: readonly Tuple[] = ['original', 'reply']
/** Protocols of {@link WITH_PORTS} whose ports connection tracking knows. */
const TRACKED = [6, 17, 132] as const
/** An error about a packet of a connection that is known. */
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

/** Where device and server stand: in the packet, or as the one that sent first in a tuple of connection tracking. */
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

/** What makes the key, in the order of {@link KEY_PARTS}. */
function selector(kind: Kind, family: Family, of: Direction | Tuple, ipv6PrefixLength: number): string {
  const parts = ends(family, of)
  const masked = family === 'ipv6' && !isInterval(kind) && ipv6PrefixLength < 128
  const device = masked ? `${parts.device} & ${ipv6Mask(ipv6PrefixLength)}` : parts.device
  return KEY_PARTS[kind].map((part) => (part === 'device' ? device : parts[part])).join(' . ')
}

/** A packet that a map does not know goes on to the next rule; one that it knows is done. */
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
 * ICMP errors go with the flow that they are about. Connection tracking knows it as it is inside, whoever sent first: as the
 * original tuple where that was the device, as the one of replies where it was the server.
 */
function relatedChain(family: Family, options: TableOptions): ChainObject {
  const rules = TUPLES.flatMap((tuple) =>
    KINDS.flatMap((kind) => {
      const rule = lookUp(kind, family, tuple, options)
      if (!hasPorts(kind)) return [rule]
      // nft knows what ports are where it knows of which protocol.
      return options.relatedPorts ? TRACKED.map((protocol) => `ct protocol ${protocol} ${rule}`) : []
    }),
  )
  return { chain: `related${DIGIT[family]}`, rules }
}

/** What only an nft takes that knows ports of connections beside other parts of a key: 1.1, and not 1.0.6. */
export const RELATED_PORTS_TRIAL = `table inet ${TABLE}_trial {
  chain trial {
    ct protocol 6 ct original ip saddr . ct original proto-src { 192.0.2.1 . 1 } accept
  }
}
`

/**
 * From class to the chain that sets its mark. The two families need two maps, for a chain can only mark its own. They
 * end in accept: a packet of a session is not looked up again.
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

/** An interface's name for nft, which takes a star at the end for any text. */
const quoted = (name: string): string => `"${name.replace(/\*$/, '\\*')}"`

function objectsOf(options: TableOptions): TableObject[] {
  const { deviceInterfaces, serverInterface, handles, dscp, reassemble } = options
  const families: readonly Family[] = ['ipv4', 'ipv6']
  const verdicts = [
    ...deviceInterfaces.map((name) => `${quoted(name)} : goto down`),
    `${quoted(serverInterface)} : goto up`,
  ]
  // They follow one another, from the first.
  const lastHandle = [...handles.values()].toSorted().at(-1)
  const moved = [...handles].filter(([, handle]) => handle !== MAJOR)
  const places = moved.map(([name, handle]) => `${quoted(name)} : goto ${placeName(handle)}`)
  return [
    { map: OWNER_MAP, typeof: 'meta mark : meta mark', flags: 'timeout' },
    ...families.flatMap((family) => KINDS.map((kind) => mapOf(kind, family))),
    ...(dscp ? families.flatMap(marks) : []),
    // Only where connection tracking is at work anyway.
    ...(reassemble ? families.map((family) => relatedChain(family, options)) : []),
    ...families.flatMap((family) => [...lookUps('down', family, options), ...lookUps('up', family, options)]),
    { chain: 'down', rules: ['meta nfproto vmap { ipv4 : goto down4, ipv6 : goto down6 }'] },
    { chain: 'up', rules: ['meta nfproto vmap { ipv4 : goto up4, ipv6 : goto up6 }'] },
    // Before source NAT, so that inside addresses match both ways; after routing, which would overwrite the priority.
    // A packet that comes again in a tunnel has left the tree that its class is in. Nobody else puts packets into a class.
    {
      chain: 'classify',
      hook: 'type filter hook postrouting priority mangle; policy accept;',
      rules: [
        `meta priority ${MAJOR}:0-${lastHandle}:ffff meta priority set none`,
        `oifname vmap { ${verdicts.join(', ')} }`,
      ],
    },
    // The class is one of the tree that the packet meets next.
    ...moved.map(([, handle]) => ({
      chain: placeName(handle),
      rules: [`meta priority set meta priority & 0x0000ffff | 0x${handle}0000`],
    })),
    {
      chain: 'place',
      hook: 'type filter hook postrouting priority mangle + 1; policy accept;',
      rules: [`meta priority ${ANY_CLASS} oifname vmap { ${places.join(', ')} }`],
    },
    // Nothing jumps here: that the rule exists has the kernel reassemble fragments before our hook.
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

/** What fills the table, which is there and empty. It has no elements then. */
export function tableText(options: TableOptions): string {
  const body = bodyText(options)
  return `table inet ${TABLE} {\n${body}${objectText({ chain: fingerprintOf(body), rules: [] })}}`
}

/** The chains of {@link tableText} that the kernel calls: name, hook, priority and policy. */
export const HOOKS: readonly string[] = ['classify postrouting -150 accept', 'place postrouting -149 accept']

/** What elements give to packets. */
const ANY_CLASS = `${MAJOR}:0-${MAJOR}:ffff`

const placeName = (handle: string): string => `place_${handle}`

const fingerprintOf = (body: string): string =>
  FINGERPRINT + createHash('sha256').update(body).digest('hex').slice(0, 12)

/** The fingerprint that {@link tableText} leaves in the table. */
export const fingerprint = (options: TableOptions): string => fingerprintOf(bodyText(options))

export const isFingerprint = (chain: string): boolean => chain.startsWith(FINGERPRINT)

/** How many rules {@link tableText} has: one fewer, and somebody has been at work. */
export const countRules = (options: TableOptions): number =>
  objectsOf(options).reduce((sum, object) => sum + ('map' in object ? 0 : object.rules.length), 0)

const ipv6Mask = (length: number): string =>
  Array.from({ length: 8 }, (_, group) => {
    const bits = Math.min(16, Math.max(0, length - group * 16))
    return ((0xffff << (16 - bits)) & 0xffff).toString(16)
  })
    .join(':')
    .replace(/(:0)+$/, '::')
