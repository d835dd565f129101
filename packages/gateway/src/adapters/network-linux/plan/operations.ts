// From what is wanted and what is there to what has to be said. Pure: a plan can be printed, read and tested before
// anything happens. Its tc lines come first and are harmless alone, for a class without an element carries nothing; its
// nft lines are one transaction, the only switch.

import type { Instant, ReservationId } from '@rightofway/camara'
import type { Egress } from './egress.js'
import type { Element, ElementId } from './elements.js'
import { type ClassSpec, classLines } from './htb.js'
import { classId, TABLE } from './names.js'

/** An element as it should be, or as it is. */
export interface PlacedElement extends Element {
  readonly minor: number
  /** When the kernel lets it go by itself. */
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

/** Some of what is in the kernel, or all of it. */
export interface State {
  readonly elements: ReadonlyMap<ElementId, PlacedElement>
  /** By {@link classKey}. */
  readonly classes: ReadonlyMap<string, PlacedClass>
  /** What packets of a class are marked with, by its minor. */
  readonly marks: ReadonlyMap<number, string>
}

/** A state of which only some parts matter. */
export const stateOf = ({ elements = new Map(), classes = new Map(), marks = new Map() }: Partial<State>): State => ({
  elements,
  classes,
  marks,
})

export const classKey = (device: string, minor: number): string => `${device} ${minor}`

/** One line for nft or tc, and the reservation that it is for. */
export interface Line {
  readonly text: string
  readonly of?: ReservationId
  /** The element whose end it sets. */
  readonly sets?: ElementId
}

export interface Plan {
  readonly tc: readonly Line[]
  readonly nft: readonly Line[]
}

/**
 * What is added to every timeout. The kernel counts in ticks, of 10 ms at most, and rounds towards the past when it
 * takes a timeout and when it looks at it: a session must not end before its `expiresAt`.
 */
export const SLACK_MS = 20

export interface PlanOptions {
  readonly now: Instant
  /** Ends that differ by less are the same. Default: 0 ms. */
  readonly toleranceMs?: number
  /** How much later than `now` the kernel is expected to take the end of an element that is set again. Default: 0 ms. */
  readonly leadOf?: (id: ElementId) => number
}

/** The tc lines that make the classes of `present` those of `wanted`. Classes that nobody wants stay as they are. */
export function planClasses(wanted: State, present: State): Line[] {
  const lines: Line[] = []
  for (const [key, { egress, minor, spec, of }] of wanted.classes) {
    for (const text of classLines(minor, spec, egress, present.classes.get(key)?.spec)) lines.push(line(text, of))
  }
  return lines
}

/** The nft lines that make the elements and marks of `present` those of `wanted`: one transaction. */
export function planElements(
  wanted: State,
  present: State,
  { now, toleranceMs = 0, leadOf = () => 0 }: PlanOptions,
): Line[] {
  const removals: Line[] = []
  const additions: Line[] = []
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
    const timeoutMs = element.endsAt - now - leadMs + SLACK_MS
    const addition = `add ${text(element)} { ${element.key} timeout ${timeoutMs}ms : ${classId(element.minor)} }`
    additions.push({ ...line(addition, element.of), sets: id })
  }
  return [...removals, ...planMarks(wanted, present), ...additions]
}

/** @returns what has to be said, tc first */
export const plan = (wanted: State, present: State, options: PlanOptions): Plan => ({
  tc: planClasses(wanted, present),
  nft: planElements(wanted, present, options),
})

/** Of an element that somebody put into our map with a class that is none of ours. */
export const NOT_OURS = 0

/** As it will be fed to the tools. */
export const toText = (lines: readonly Line[]): string => lines.map(({ text }) => `${text}\n`).join('')

/**
 * Removes an element that is live, that has expired a moment ago or that is no more: deleting what is not there would
 * take the whole transaction down. Adding it first makes sure that it is there. Of a live one that works with the class
 * it has; with another the kernel says "File exists".
 */
function remove(there: PlacedElement, of = there.of): Line[] {
  const removal = line(`delete ${text(there)} { ${there.key} }`, of)
  return there.minor === NOT_OURS
    ? [removal]
    : [line(`add ${text(there)} { ${there.key} : ${classId(there.minor)} }`, of), removal]
}

/** Marks have no timeout: what we know of them is true. */
function planMarks(wanted: State, present: State): Line[] {
  const lines: Line[] = []
  for (const digit of [4, 6] as const) {
    const map = `element inet ${TABLE} marks${digit}`
    for (const [minor, mark] of present.marks) {
      if (wanted.marks.get(minor) !== mark) lines.push(line(`delete ${map} { ${classId(minor)} }`))
    }
    for (const [minor, mark] of wanted.marks) {
      if (present.marks.get(minor) !== mark)
        lines.push(line(`add ${map} { ${classId(minor)} : goto ${mark}_${digit} }`))
    }
  }
  return lines
}

const text = ({ map }: Element): string => `element inet ${TABLE} ${map}`

const line = (text: string, of?: ReservationId): Line => (of === undefined ? { text } : { text, of })
