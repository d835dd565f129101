// The HTB tree of an interface: one class with the capacity, below it the default class and one for each session.
//
//   7277:    htb, default 2
//   7277:1   rate = ceil = capacity
//   7277:2   default class: rate = what is kept for it, ceil = capacity, served last
//   7277:10  a session: rate = its guarantee, ceil = its maximum
//    ...
//
// HTB lets a class send within its rate whatever the others do, and then shares what is left by priority.

import type { DirectionQos, Qos } from '../../../domain/profile.js'
import type { Egress } from './egress.js'
import { changesOf, isLeaf, type Leaf, leafOf } from './leaf.js'
import { DEFAULT_MINOR, ROOT_MINOR } from './names.js'
import type { FilterChain, InTree, TcOperation } from './operations.js'

/** A class: what it grants, and how packets wait in it. All of it can be changed while packets flow. */
export interface ClassSpec {
  readonly rateBps: number
  readonly ceilBps: number
  /** 0 to 7, lower goes first. */
  readonly priority: number
  /** Bytes that it may send at once within its rate, and within its ceiling. */
  readonly burst: number
  readonly cburst: number
  /** Bytes that it may send when it is its turn to share what is left. */
  readonly quantum: number
  /** Absent: other classes are below it, and no packet waits in it. */
  readonly leaf?: Leaf
  /** How sizes of packets are counted, in tc's words, where that is not as they are: none of ours has it. */
  readonly sizing?: string
}

/** HTB has no class without a rate; this much is nothing. */
const NO_GUARANTEE_BPS = 8_000
/** No session's: a class that is made to see what the kernel takes. */
const TRIAL_MINOR = 0xf
const ETHERNET_HEADER = 14
/** Sessions share the priorities before this one, which is the default class's. */
const LAST_PRIORITY = 7
/** How long a packet of a profile without a delay budget may wait. */
const DEFAULT_DELAY_MS = 50
/** How long one of the default class may. */
const DEFAULT_CLASS_DELAY_MS = 100
/**
 * A class may send that much time's worth at once. What its timer comes late by, it catches up on; with 1 ms, a machine
 * whose processors were shared kept 13.6 of 20 Mbit/s.
 */
const BURST_MS = 4
/** When it is its turn to share what is left, that much time's worth, but ... */
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
 * Packets wait for as long as their class may send: up to its ceiling, which an idle link lets it reach. A queue by the
 * rate alone has no room for what TCP needs to get there.
 */
const withLeaf = (grants: Grants, delayMs: number, egress: Egress): ClassSpec => ({
  ...inner(grants, egress),
  leaf: leafOf(grants.rateBps, bytesIn(grants.ceilBps, delayMs), { ...egress, frame: frameOf(egress) }),
})

/** What a session's class in one direction is. */
export function classSpec({ guaranteed, maximum }: DirectionQos, qos: Qos, egress: Egress): ClassSpec {
  const rateBps = Math.max(guaranteed, NO_GUARANTEE_BPS)
  const { capacityBps } = egress
  return withLeaf(
    {
      rateBps,
      ceilBps: Math.max(rateBps, Math.min(maximum ?? capacityBps, capacityBps)),
      // 100 priorities of profiles (1 goes first) share 7 of HTB's.
      priority: Math.floor(((Math.min(Math.max(qos.priority, 1), 100) - 1) * LAST_PRIORITY) / 100),
    },
    qos.delayBudgetMs ?? DEFAULT_DELAY_MS,
    egress,
  )
}

/** The class that is there before anybody has asked for it. */
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
 * Whether the kernel shows `found` for a class that was told to be `wanted`.
 * @param isLeaf of a class that others are below tc shows neither priority nor quantum
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

/** What the kernel has, in the words of what is wanted where it is that as far as tc can tell. */
export function asWanted(found: ClassSpec, wanted: ClassSpec): ClassSpec {
  const { leaf, ...shaping } = isShaped(found, wanted, wanted.leaf !== undefined) ? wanted : found
  return found.leaf === undefined ? shaping : { ...shaping, leaf: found.leaf }
}

/** Gives an interface the root of a tree, where it has none of ours. */
export const plantRoot = ({ interface: name, handle }: InTree): TcOperation => ({
  verb: 'replace',
  object: 'root',
  interface: name,
  handle,
})

/** Takes an interface's tree away. */
export const uproot = (name: string): TcOperation => ({ verb: 'del', object: 'root', interface: name })

/** What only a kernel with fq_codel does, below a root of ours, and what takes it back. */
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
 * Makes a class what it should be.
 * @param present what it is; undefined if it is not there, or was never looked at
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
  // A leaf keeps its handle, and a handle its kind: another one needs room.
  if (attributes === undefined) return [{ verb: 'del', ...place }, make]
  if (Object.keys(attributes).length === 0) return []
  return [{ verb: 'change', ...place, leaf: { ...leaf, attributes } }]
}

/** Takes away filters that somebody put on a qdisc or class. */
export const removeFilters = (
  { parent, chain }: FilterChain,
  { interface: name }: Pick<InTree, 'interface'>,
): TcOperation => ({ verb: 'del', object: 'filters', interface: name, parent, chain })

/** Takes a class away, with its leaf. No class may be below it. */
export const removeClass = (minor: number, egress: InTree): TcOperation => ({
  verb: 'del',
  object: 'class',
  ...inTree(egress),
  minor,
})
