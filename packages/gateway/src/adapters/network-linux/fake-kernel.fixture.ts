// A kernel that keeps what it was told and refuses much of what the real one refuses: for testing plans.

import { type Instant, instant } from '@rightofway/camara'
import fc from 'fast-check'
import type { Prefix } from '../../domain/address.js'
import type { Egress } from './plan/egress.js'
import { boxesOverlap, type Element, type ElementId, elementId, elementsOf } from './plan/elements.js'
import type { ClassSpec } from './plan/htb.js'
import { DSCP, ROOT_MINOR } from './plan/names.js'
import type { NftOperation, TcOperation } from './plan/operations.js'
import { classKey, type PlacedClass, type PlacedElement, type Plan, SLACK_MS, type State } from './plan/plan.js'
import { render } from './plan/render.js'

export class Refused extends Error {}

export class FakeKernel {
  readonly #egresses: ReadonlyMap<string, Egress>
  readonly #known: ReadonlyMap<ElementId, Element>
  #elements = new Map<ElementId, PlacedElement>()
  #marks = { 4: new Map<number, string>(), 6: new Map<number, string>() }
  readonly #classes = new Map<string, PlacedClass>()

  /** @param known every element that it will be told of */
  constructor(egresses: readonly Egress[], known: readonly Element[]) {
    this.#egresses = new Map(egresses.map((egress) => [egress.interface, egress]))
    this.#known = new Map(known.map((element) => [elementId(element), element]))
  }

  /** tc line by line, nft as one transaction. @throws {Refused} */
  apply({ tc, nft }: Plan, now: Instant): void {
    for (const operation of tc) this.#tc(operation)
    const before = { elements: this.#elements, marks: this.#marks }
    this.#elements = new Map([...before.elements].filter(([, { endsAt }]) => endsAt > now))
    this.#marks = { 4: new Map(before.marks[4]), 6: new Map(before.marks[6]) }
    try {
      for (const operation of nft) this.#nft(operation, now)
    } catch (error) {
      this.#elements = before.elements
      this.#marks = before.marks
      throw error
    }
  }

  /** In the form of a reading. */
  state(now: Instant): State {
    return {
      elements: new Map([...this.#elements].filter(([, { endsAt }]) => endsAt > now)),
      classes: new Map(this.#classes),
      marks: new Map(this.#marks[4]),
    }
  }

  #nft(operation: NftOperation, now: Instant): void {
    const { object, verb } = operation
    const refuse = (why: string) => new Refused(`${why}: ${render(operation)}`)
    if (object === 'mark') {
      const { ipVersion, minor, mark } = operation
      const marks = this.#marks[ipVersion]
      if (marks.has(minor) !== (verb === 'delete')) throw refuse(verb === 'add' ? 'File exists' : 'No such file')
      if (mark === undefined) marks.delete(minor)
      else marks.set(minor, mark)
      return
    }
    const element = object === 'element' ? this.#known.get(elementId(operation)) : undefined
    if (object !== 'element' || element === undefined) throw refuse('not known here')
    const { minor, timeoutMs } = operation
    const id = elementId(element)
    const there = this.#elements.get(id)
    if (verb === 'delete') {
      if (there === undefined) throw refuse('No such file or directory')
      this.#elements.delete(id)
    } else if (minor === undefined) {
      throw refuse('an element without a class')
    } else if (there !== undefined) {
      if (there.minor !== minor) throw refuse('File exists')
    } else {
      const { box } = element
      const others = [...this.#elements.values()].filter((other) => other.map === element.map && other.box)
      if (box && others.some((other) => other.box && boxesOverlap(box, other.box))) throw refuse('File exists')
      const endsAt = timeoutMs === undefined ? Number.MAX_SAFE_INTEGER : now + timeoutMs - SLACK_MS
      this.#elements.set(id, { ...element, minor, endsAt: endsAt as Instant })
    }
  }

  #tc(operation: TcOperation): void {
    const refuse = (why: string) => new Refused(`${why}: ${render(operation)}`)
    const egress = this.#egresses.get(operation.interface)
    if (egress === undefined) throw refuse('Cannot find device')
    const { object, verb } = operation
    if ((object !== 'class' && object !== 'leaf') || verb === 'del') throw refuse('not known here')
    const { minor } = operation
    const key = classKey(egress.interface, minor)
    const there = this.#classes.get(key)
    if (object === 'leaf') {
      const isThere = there !== undefined && (verb === 'replace' || there.spec.leaf !== undefined)
      if (!isThere) throw refuse('Failed to find specified qdisc')
      const { kind, attributes } = operation.leaf
      const leaf = { kind, attributes: { ...(verb === 'change' && there.spec.leaf?.attributes), ...attributes } }
      this.#classes.set(key, { ...there, spec: { ...there.spec, leaf } })
      return
    }
    if (operation.parent !== ROOT_MINOR) throw refuse('not known here')
    // A plan sets every attribute.
    const spec = operation.shaping as ClassSpec
    this.#classes.set(key, { egress, minor, spec: { ...there?.spec, ...spec } })
  }
}

// --- wanted states ---

const elementOf = (n: number, server: string, ports?: [number, number]): Element => {
  const device = { ipv4: `10.0.0.${n}/32` as Prefix, ipv6: `2001:db8:1:${n}::/64` as Prefix }
  const flow = { device, server: [server as Prefix], ...(ports && { serverPorts: [ports] }) }
  return elementsOf(flow, 64)[0] as Element
}

/** At most one of each group is wanted at once: the kernel refuses two. */
export const GROUPS: readonly (readonly Element[])[] = [
  ...[1, 2, 3].map((n) => [elementOf(n, '198.51.100.7/32')]),
  ...[1, 2, 3].map((n) => [elementOf(n, '198.51.100.7/32', [443, 443])]),
  ...[1, 2].map((n) => [elementOf(n, '2001:db8:2::7/128'), elementOf(n, '2001:db8:2::7/128', [443, 443])]),
  ...[4, 5].map((n) => [
    elementOf(n, '198.51.100.0/24'),
    elementOf(n, '198.51.0.0/16'),
    elementOf(n, '198.51.100.128/25'),
  ]),
  ...[6, 7].map((n) => [
    elementOf(n, '198.51.100.7/32', [1_000, 2_000]),
    elementOf(n, '198.51.100.0/24', [1_500, 2_500]),
    elementOf(n, '198.51.100.0/24', [0, 65_535]),
  ]),
  [elementOf(8, '2001:db8:2::/64'), elementOf(8, '2001:db8:2::/48')],
  [elementOf(9, '2001:db8:2::/64', [1_000, 2_000]), elementOf(9, '2001:db8:2::7/128', [1_000, 1_001])],
]

/** In tc's form: without loss. */
const spec: fc.Arbitrary<ClassSpec> = fc
  .record({
    rateBps: fc.integer({ min: 1, max: 9 }).map((rate) => rate * 1_000_000),
    priority: fc.integer({ min: 0, max: 6 }),
    quantum: fc.integer({ min: 1_514, max: 60_000 }),
    limit: fc.integer({ min: 10, max: 30 }).map((frames) => frames * 1_514),
  })
  .map(({ rateBps, priority, quantum, limit }) => ({
    rateBps,
    ceilBps: 10_000_000,
    priority,
    burst: 5_000,
    cburst: 5_000,
    quantum,
    leaf: { kind: 'bfifo', attributes: { limit } },
  }))

const MINORS = [0x10, 0x11, 0x12, 0xfffe] as const
const minor = fc.constantFrom(...MINORS)

/** A wanted state, with ends counted from `now`. */
export const wantedState = (egresses: readonly Egress[], endsAfterMs: fc.Arbitrary<number>) =>
  fc
    .record({
      elements: fc.tuple(
        ...GROUPS.map((group) =>
          fc.option(fc.record({ element: fc.constantFrom(...group), minor, afterMs: endsAfterMs }), { nil: undefined }),
        ),
      ),
      classes: fc.uniqueArray(fc.record({ egress: fc.constantFrom(...egresses), minor, spec }), {
        selector: ({ egress, minor: of }) => classKey(egress.interface, of),
        maxLength: 8,
      }),
      marks: fc.uniqueArray(fc.tuple(minor, fc.constantFrom(...Object.values(DSCP))), { selector: ([of]) => of }),
    })
    .map(({ elements, classes, marks }) => (now: Instant): State => {
      const placed = elements.flatMap((wanted) =>
        wanted === undefined
          ? []
          : [{ ...wanted.element, minor: wanted.minor, endsAt: instant(now + wanted.afterMs) } satisfies PlacedElement],
      )
      return {
        elements: new Map(placed.map((element) => [elementId(element), element])),
        classes: new Map(classes.map((one) => [classKey(one.egress.interface, one.minor), one])),
        marks: new Map(marks),
      }
    })
