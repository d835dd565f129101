// The queue of a class: a leaf qdisc of a kind, with attributes that are compared and changed one by one.

import type { Egress } from './egress.js'

/** A leaf qdisc, wanted or found. */
export interface Leaf {
  /** tc's name. A foreign one has its handle after its kind. */
  readonly kind: string
  /** By tc's names and in the units of its JSON: bytes, packets, microseconds. */
  readonly attributes: Readonly<Record<string, number | boolean>>
}

/** Shortest target of fq_codel: its default. */
const SHORTEST_TARGET_US = 5_000
/** Longest target, and the interval in which fq_codel looks for the shortest delay. */
const INTERVAL_US = 100_000
/** The number of queues that the flows of one session share. The default of 1024 costs 70 kB for each class. */
const FLOWS = 16
/** Packets: fewer lose bursts that the link could carry; the maximum is fq_codel's default. */
const [SHORTEST_PACKETS, LONGEST_PACKETS] = [1_000, 10_240]
const MEMORY_BYTES = 32 * 1024 * 1024
/** A queue shorter than this many packets drops bursts that the link could carry, ... */
const SHORTEST_QUEUE = 10
/** ... and one shorter than this many of the largest packets that segmentation offload makes drops those. */
const LARGE_PACKETS = 4
/** More is of no use, and qdiscs count only up to 4 GiB. */
const LONGEST_BYTES = 1024 ** 3
/** fq_codel takes no smaller quantum. */
const SMALLEST_QUANTUM = 256

/**
 * The leaf of a class.
 * @param rateBps the rate of the class: a packet takes that long at worst
 * @param bytes that it sends at its ceiling in the time that a packet may wait
 */
export function leafOf(rateBps: number, bytes: number, { leaf, gsoMaxSize, frame }: LeafLink): Leaf {
  if (leaf === 'bfifo') {
    const limit = Math.max(SHORTEST_QUEUE * frame, LARGE_PACKETS * gsoMaxSize, bytes)
    return { kind: leaf, attributes: { limit: Math.min(limit, LONGEST_BYTES) } }
  }
  // In a slow class one packet takes longer than the default target of 5 ms.
  const packetUs = Math.ceil((1.5 * frame * 8 * 1e6) / rateBps)
  return {
    kind: leaf,
    attributes: {
      limit: Math.min(LONGEST_PACKETS, Math.max(SHORTEST_PACKETS, Math.ceil(bytes / frame))),
      flows: FLOWS,
      quantum: Math.max(SMALLEST_QUANTUM, frame),
      target: Math.min(INTERVAL_US, Math.max(SHORTEST_TARGET_US, packetUs)),
      interval: INTERVAL_US,
      memory_limit: MEMORY_BYTES,
      drop_batch: 64,
      ecn: true,
    },
  }
}

interface LeafLink extends Pick<Egress, 'leaf' | 'gsoMaxSize'> {
  /** Bytes of the largest packet without segmentation offload. */
  readonly frame: number
}

/** fq_codel keeps times in units of 1.024 us, and tc truncates. */
const TIMES: ReadonlySet<string> = new Set(['target', 'interval', 'ce_threshold'])
const ROUNDED_US = 2

/** Attributes that a kind cannot change while packets wait in it, or cannot reset. They need a new leaf. */
const UNCHANGEABLE: ReadonlySet<string> = new Set(['flows', 'ce_threshold'])

type Value = number | boolean | undefined

/** Whether the kernel shows `found` for a leaf that was set to `wanted`. */
const isRounded = (name: string, found: Value, wanted: Value): boolean =>
  found === wanted ||
  (TIMES.has(name) && typeof found === 'number' && typeof wanted === 'number' && Math.abs(found - wanted) <= ROUNDED_US)

/** The attributes of `wanted` that differ in `found`; undefined if it takes a new leaf. */
export function changesOf(found: Leaf, wanted: Leaf): Leaf['attributes'] | undefined {
  if (found.kind !== wanted.kind) return undefined
  const names = [...Object.keys(wanted.attributes), ...UNCHANGEABLE]
  const changed = names.filter((name) => !isRounded(name, found.attributes[name], wanted.attributes[name]))
  if (changed.some((name) => UNCHANGEABLE.has(name))) return undefined
  return Object.fromEntries(changed.map((name) => [name, wanted.attributes[name] as number | boolean]))
}

/** Whether a leaf is as wanted, as far as the kernel shows it. */
export function isLeaf(found: Leaf | undefined, wanted: Leaf | undefined): boolean {
  if (found === undefined || wanted === undefined) return found === wanted
  const changes = changesOf(found, wanted)
  return changes !== undefined && Object.keys(changes).length === 0
}

/** Attributes as arguments of tc. */
export const attributeText = (attributes: Leaf['attributes']): string =>
  Object.entries(attributes)
    .map(([name, value]) => {
      if (typeof value === 'boolean') return value ? name : `no${name}`
      return `${name} ${value}${TIMES.has(name) ? 'us' : ''}`
    })
    .join(' ')
