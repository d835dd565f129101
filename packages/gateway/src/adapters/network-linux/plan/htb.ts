// The HTB tree of an interface: one class with the capacity, below it the default class and one for each session.
//
//   7277:    htb, default 2
//   7277:1   rate = ceil = capacity
//   7277:2   default class: rate = what is kept for it, ceil = capacity, served last
//   7277:10  a session: rate = its guarantee, ceil = its maximum
//    ...
//
// HTB lets a class send within its rate whatever the others do, and then shares the rest by priority.

import type { DirectionQos, Qos } from '../../../domain/profile.js'
import type { Egress } from './egress.js'
import { changesOf, isLeaf, type Leaf, leafOf } from './leaf.js'
import { DEFAULT_MINOR, ROOT_MINOR } from './names.js'
import type { FilterChain, InTree, TcOperation } from './operations.js'

/** A class: its rates, and its queue. All of it can be changed while packets flow. */
export interface ClassSpec {
  readonly rateBps: number
  readonly ceilBps: number
  /** 0 to 7, lower is served first. */
  readonly priority: number
  /** Bytes that it may send at once within its rate, and within its ceiling. */
  readonly burst: number
  readonly cburst: number
  /** Bytes that it may send in its turn when the rest is shared. */
  readonly quantum: number
  /** Absent: it has child classes, and no queue. */
  readonly leaf?: Leaf
  /** How packet sizes are counted, in tc's words, if not by default: ours never have it. */
  readonly sizing?: string
}

/** HTB requires a rate; this is as good as none. */
const NO_GUARANTEE_BPS = 8_000
/** A minor that no session has: a class that probes what the kernel accepts. */
const TRIAL_MINOR = 0xf
const ETHERNET_HEADER = 14
/** Sessions share the priorities before this one, which the default class has. */
const LAST_PRIORITY = 7
/** How long a packet may wait if its profile has no delay budget. */
const DEFAULT_DELAY_MS = 50
/** How long a packet of the default class may wait. */
const DEFAULT_CLASS_DELAY_MS = 100
/**
 * A class may send this much time's worth at once, to catch up on late timers; with 1 ms, a machine with shared
 * processors kept 13.6 of 20 Mbit/s.
 */
const BURST_MS = 4
/** In its turn when the rest is shared, a class sends this much time's worth, but ... */
const TURN_MS = 1
/** ... no more bytes than these: turns would last too long. */
const LARGEST_QUANTUM = 60_000

const bytesIn = (bps: number, ms: number): number => Math.ceil((bps / 8) * (ms / 1000))

const frameOf = ({ mtu }: Egress): number => mtu + ETHERNET_HEADER

interface Grants {
  readonly rateBps: number
  readonly ceilBps: number
  readonly priority: number
}

function inner({ rateBps, ceilBps, priority }: Grants, egress: Egress): ClassSpec {
  const frame = frameOf(egress)
  const burst = (bps: number) => Math.max(2 * frame, bytesIn(bps, BURST_MS))
  const quantum = Math.min(LARGEST_QUANTUM, Math.max(frame, bytesIn(rateBps, TURN_MS)))
  return { rateBps, ceilBps, priority, burst: burst(rateBps), cburst: burst(ceilBps), quantum }
}

/**
 * Packets wait for as long as their class may send at its ceiling, which it reaches on an idle link. A queue for the
 * rate alone would be too short for TCP to get there.
 */
const withLeaf = (grants: Grants, delayMs: number, egress: Egress): ClassSpec => ({
  ...inner(grants, egress),
  leaf: leafOf(grants.rateBps, bytesIn(grants.ceilBps, delayMs), { ...egress, frame: frameOf(egress) }),
})

/** A session's class in one direction. */
export function classSpec({ guaranteed, maximum }: DirectionQos, qos: Qos, egress: Egress): ClassSpec {
  const rateBps = Math.max(guaranteed, NO_GUARANTEE_BPS)
  const { capacityBps } = egress
  return withLeaf(
    {
      rateBps,
      ceilBps: Math.max(rateBps, Math.min(maximum ?? capacityBps, capacityBps)),
      // The 100 priorities of profiles (1 goes first) share 7 of HTB's.
      priority: Math.floor(((Math.min(Math.max(qos.priority, 1), 100) - 1) * LAST_PRIORITY) / 100),
    },
    qos.delayBudgetMs ?? DEFAULT_DELAY_MS,
    egress,
  )
}

/** The class in the pool before a session has it. */
export const idleSpec = (egress: Egress): ClassSpec =>
  classSpec({ guaranteed: 0 as DirectionQos['guaranteed'] }, { priority: 100 } as Qos, egress)

/** The classes that every tree has, by minor: the root class and the default class. */
export function ownClasses(egress: Egress): ReadonlyMap<number, ClassSpec> {
  const { capacityBps, reservedBps } = egress
  const defaultClass = {
    rateBps: Math.max(reservedBps, NO_GUARANTEE_BPS),
    ceilBps: capacityBps,
    priority: LAST_PRIORITY,
  }
  return new Map([
    [ROOT_MINOR, inner({ rateBps: capacityBps, ceilBps: capacityBps, priority: 0 }, egress)],
    [DEFAULT_MINOR, withLeaf(defaultClass, DEFAULT_CLASS_DELAY_MS, egress)],
  ])
}

const sameShaping = (a: ClassSpec, b: ClassSpec): boolean =>
  a.rateBps === b.rateBps &&
  a.ceilBps === b.ceilBps &&
  a.priority === b.priority &&
  a.burst === b.burst &&
  a.cburst === b.cburst &&
  a.quantum === b.quantum &&
  a.sizing === b.sizing

export const sameSpec = (a: ClassSpec, b: ClassSpec): boolean => sameShaping(a, b) && isLeaf(a.leaf, b.leaf)

/** tc writes rates with at least four digits, ... */
const ROUNDED = 0.002
/** ... rates in bytes per second, and bursts as if they were a power of two where they are close to it. */
const [ROUNDED_BITS, ROUNDED_BYTES] = [8, 16]

/**
 * Whether the kernel shows `found` for a class that was set to `wanted`.
 * @param isLeaf tc shows neither priority nor quantum of a class with children
 */
export function isShaped(found: ClassSpec, wanted: ClassSpec, isLeaf: boolean): boolean {
  const close = (a: number, b: number, by: number) => Math.abs(a - b) <= ROUNDED * b + by
  return (
    close(found.rateBps, wanted.rateBps, ROUNDED_BITS) &&
    close(found.ceilBps, wanted.ceilBps, ROUNDED_BITS) &&
    close(found.burst, wanted.burst, ROUNDED_BYTES) &&
    close(found.cburst, wanted.cburst, ROUNDED_BYTES) &&
    found.sizing === wanted.sizing &&
    (!isLeaf || (found.priority === wanted.priority && found.quantum === wanted.quantum))
  )
}

/** The kernel's class, with the wanted attributes where tc's output does not differ from them. */
export function asWanted(found: ClassSpec, wanted: ClassSpec): ClassSpec {
  const { leaf, ...shaping } = isShaped(found, wanted, wanted.leaf !== undefined) ? wanted : found
  return found.leaf === undefined ? shaping : { ...shaping, leaf: found.leaf }
}

/** Creates the root of an interface's tree, if it has none of ours. */
export const plantRoot = ({ interface: name, handle }: InTree): TcOperation => ({
  verb: 'replace',
  object: 'root',
  interface: name,
  handle,
})

/** Removes an interface's tree. */
export const uproot = (name: string): TcOperation => ({ verb: 'del', object: 'root', interface: name })

/** An operation that only a kernel with fq_codel accepts, below a root of ours, and its reversal. */
export function leafTrial({ interface: name, handle }: InTree): { make: readonly TcOperation[]; undo: TcOperation } {
  const place = { interface: name, handle, minor: TRIAL_MINOR }
  return {
    make: [
      { verb: 'replace', object: 'class', ...place, shaping: { rateBps: NO_GUARANTEE_BPS } },
      { verb: 'replace', object: 'leaf', ...place, leaf: { kind: 'fq_codel', attributes: {} } },
    ],
    undo: removeClass(TRIAL_MINOR, place),
  }
}

/**
 * Gives a class its wanted attributes.
 * @param present its present ones; undefined if it does not exist, or was never read
 */
export function classOperations(minor: number, spec: ClassSpec, egress: InTree, present?: ClassSpec): TcOperation[] {
  const { leaf, sizing: _, ...shaping } = spec
  const operations: TcOperation[] = []
  if (present === undefined || !sameShaping(spec, present)) {
    const parent = minor === ROOT_MINOR ? {} : { parent: ROOT_MINOR }
    operations.push({ verb: 'replace', object: 'class', ...inTree(egress), minor, ...parent, shaping })
  }
  return leaf === undefined ? operations : [...operations, ...leafOperations(minor, leaf, egress, present?.leaf)]
}

const inTree = ({ interface: name, handle }: InTree): InTree => ({ interface: name, handle })

function leafOperations(minor: number, leaf: Leaf, egress: InTree, present?: Leaf): TcOperation[] {
  const place = { object: 'leaf', ...inTree(egress), minor } as const
  const make: TcOperation = { verb: 'replace', ...place, leaf }
  if (present === undefined) return [make]
  const attributes = changesOf(present, leaf)
  // A leaf keeps its handle, and a handle its kind: for another kind the old one has to be removed first.
  if (attributes === undefined) return [{ verb: 'del', ...place }, make]
  if (Object.keys(attributes).length === 0) return []
  return [{ verb: 'change', ...place, leaf: { ...leaf, attributes } }]
}

/** Removes foreign filters from a qdisc or class. */
export const removeFilters = (
  { parent, chain }: FilterChain,
  { interface: name }: Pick<InTree, 'interface'>,
): TcOperation => ({ verb: 'del', object: 'filters', interface: name, parent, chain })

/** Removes a class, with its leaf. It must have no children. */
export const removeClass = (minor: number, egress: InTree): TcOperation => ({
  verb: 'del',
  object: 'class',
  ...inTree(egress),
  minor,
})
