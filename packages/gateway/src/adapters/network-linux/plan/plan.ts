// The operations between the present and the wanted state. Pure: a plan can be printed, read and tested before anything
// is changed. tc's operations come first and have no effect alone, for a class without an element gets no packets;
// nft's operations are one transaction, the only switch.

import type { Instant, ReservationId } from '@rightofway/camara'
import type { Egress } from './egress.js'
import type { Element, ElementId } from './elements.js'
import { type ClassSpec, classOperations } from './htb.js'
import type { NftOperation, TcOperation } from './operations.js'

/** An element, wanted or present. */
export interface PlacedElement extends Element {
  readonly minor: number
  /** When the kernel removes it by itself. */
  readonly endsAt: Instant
  readonly of?: ReservationId
}

/** A class of one interface. */
export interface PlacedClass {
  readonly egress: Egress
  readonly minor: number
  readonly spec: ClassSpec
  readonly of?: ReservationId
}

/** The kernel's state, or a part of it. */
export interface State {
  readonly elements: ReadonlyMap<ElementId, PlacedElement>
  /** By {@link classKey}. */
  readonly classes: ReadonlyMap<string, PlacedClass>
  /** The marks of packets, by the minor of their class. */
  readonly marks: ReadonlyMap<number, string>
}

/** A state without the parts that do not matter. */
export const stateOf = ({ elements = new Map(), classes = new Map(), marks = new Map() }: Partial<State>): State => ({
  elements,
  classes,
  marks,
})

export const classKey = (device: string, minor: number): string => `${device} ${minor}`

export interface Plan {
  readonly tc: readonly TcOperation[]
  readonly nft: readonly NftOperation[]
}

/**
 * Added to every timeout. The kernel counts in ticks, of 10 ms at most, and rounds down when it takes a timeout and
 * when it checks it: a session must not end before its `expiresAt`.
 */
export const SLACK_MS = 20

export interface PlanOptions {
  readonly now: Instant
  /** Smaller differences between ends are ignored. Default: 0 ms. */
  readonly toleranceMs?: number
  /** The expected delay until the kernel takes the end of an element that is set again. Default: 0 ms. */
  readonly leadOf?: (id: ElementId) => number
}

/** Changes the classes from `present` to `wanted`. Unwanted classes stay as they are. */
export const planClasses = (wanted: State, present: State): TcOperation[] =>
  [...wanted.classes].flatMap(([key, { egress, minor, spec, of }]) =>
    classOperations(minor, spec, egress, present.classes.get(key)?.spec).map((operation) => ({
      ...operation,
      ...by(of),
    })),
  )

/** Changes the elements and marks from `present` to `wanted`: one transaction. */
export function planElements(
  wanted: State,
  present: State,
  { now, toleranceMs = 0, leadOf = () => 0 }: PlanOptions,
): NftOperation[] {
  const removals: NftOperation[] = []
  const additions: NftOperation[] = []
  for (const [id, there] of present.elements) {
    if (!wanted.elements.has(id) && there.endsAt > now) removals.push(...remove(there))
  }
  for (const [id, element] of wanted.elements) {
    if (element.endsAt <= now) continue
    const there = present.elements.get(id)
    if (there !== undefined) {
      if (there.minor === element.minor && Math.abs(there.endsAt - element.endsAt) <= toleranceMs) continue
      removals.push(...remove(there, element.of))
    }
    const leadMs = there !== undefined && there.of === element.of ? leadOf(id) : 0
    additions.push({ ...add(element), timeoutMs: element.endsAt - now - leadMs + SLACK_MS, ...by(element.of) })
  }
  return [...removals, ...planMarks(wanted, present), ...additions]
}

/** @returns the operations, tc's first */
export const plan = (wanted: State, present: State, options: PlanOptions): Plan => ({
  tc: planClasses(wanted, present),
  nft: planElements(wanted, present, options),
})

/** An element that others put into our map with a class that is not ours. */
export const NOT_OURS = 0

/**
 * Removes an element that is live, that has just expired or that is gone: deleting a missing element would abort the
 * whole transaction. Adding it first makes sure that it exists. For a live one the class must be its present one; with
 * another the kernel returns "File exists".
 */
function remove(there: PlacedElement, of = there.of): NftOperation[] {
  const { map, key } = there
  const removal: NftOperation = { verb: 'delete', object: 'element', map, key, ...by(of) }
  return there.minor === NOT_OURS ? [removal] : [{ ...add(there), ...by(of) }, removal]
}

const add = ({ map, key, minor }: PlacedElement) => ({ verb: 'add', object: 'element', map, key, minor }) as const

/** Marks have no timeout: what we know of them is true. */
const planMarks = (wanted: State, present: State): NftOperation[] =>
  ([4, 6] as const).flatMap((ipVersion) => [
    ...[...present.marks]
      .filter(([minor, mark]) => wanted.marks.get(minor) !== mark)
      .map(([minor]) => ({ verb: 'delete', object: 'mark', ipVersion, minor }) as const),
    ...[...wanted.marks]
      .filter(([minor, mark]) => present.marks.get(minor) !== mark)
      .map(([minor, mark]) => ({ verb: 'add', object: 'mark', ipVersion, minor, mark }) as const),
  ])

const by = (of: ReservationId | undefined) => (of === undefined ? {} : { of })
