// Decided calls that the kernel has not been told yet, and the order in which it is told.

import { type Instant, instant, type ReservationId } from '@rightofway/camara'
import type { Egress } from '../plan/egress.js'
import type { ElementId } from '../plan/elements.js'
import type { NftOperation, TcOperation } from '../plan/operations.js'
import {
  type PlacedClass,
  type PlacedElement,
  type PlanOptions,
  planClasses,
  planElements,
  stateOf,
} from '../plan/plan.js'
import type { Allocations } from './allocations.js'
import type { AppliedState } from './applied-state.js'
import type { Taken } from './class-pool.js'
import { bookable, type Grant, placedClasses, placedElement } from './grant.js'
import type { HeldEntry, OverEntry, ReservationTable } from './reservation-table.js'

export interface FreedClass extends Taken {
  /** The reservation that had it, whose last counters are still to be read. */
  readonly grant?: Grant
}

export interface BatchDeps {
  readonly table: ReservationTable
  readonly allocations: Allocations
  readonly applied: AppliedState
  readonly servers: Egress
  /** The mark of a grant's packets; undefined if they have none. */
  readonly markOf: (grant: Grant) => string | undefined
  /** The kernel has been told of all of it. */
  readonly onDone: () => void
}

/** The interface to the kernel. */
export interface BatchTools<T> {
  tc(operations: readonly TcOperation[]): Promise<void>
  nft(operations: readonly NftOperation[]): Promise<T>
}

/** The operations of a batch. */
export interface Told<T> {
  readonly nft: readonly NftOperation[]
  /** The outcome. */
  readonly telling: T
  /** The time from which ends were counted. */
  readonly at: Instant
}

interface Change {
  readonly elements: Sides<ElementId, PlacedElement>
  readonly marks: Sides<number, string>
}
interface Sides<K, V> {
  readonly wanted: Map<K, V>
  readonly present: Map<K, V>
}

export class Batch {
  readonly #deps: BatchDeps
  /** Granted for the first time: they begin when the kernel is told. */
  readonly fresh = new Set<ReservationId>()
  readonly entries = new Map<ReservationId, HeldEntry | OverEntry>()
  readonly elements = new Set<ElementId>()
  readonly taken = new Map<number, Taken>()
  /** Classes that no element will refer to. */
  readonly freed: FreedClass[] = []

  constructor(deps: BatchDeps) {
    this.#deps = deps
  }

  /**
   * Tells the kernel: first of classes, which no element refers to yet; then, once the table has everything that the
   * kernel may have from here on, of elements. If one step fails, none of the later ones is made.
   */
  async carryOut<T>(tools: BatchTools<T>, now: () => Instant, leadOf: PlanOptions['leadOf']): Promise<Told<T>> {
    await tools.tc(this.#classes())
    const at = now()
    this.seal(at)
    const change = this.#change()
    const nft = planElements(
      stateOf({ elements: change.elements.wanted, marks: change.marks.wanted }),
      stateOf({ elements: change.elements.present, marks: change.marks.present }),
      { now: at, ...(leadOf && { leadOf }) },
    )
    const telling = await tools.nft(nft)
    this.#done(change, at)
    return { nft, telling, at }
  }

  /**
   * Writes it into the table.
   * @param now the moment just before the kernel is told: the time of all first grants
   */
  seal(now: Instant): void {
    const { allocations, table } = this.#deps
    for (const id of this.fresh) {
      const grant = allocations.get(id)
      if (grant === undefined) continue
      const endsAt = instant(grant.endsAt + (now - grant.grantedAt))
      const sealed = { ...grant, grantedAt: now, endsAt }
      allocations.hold(sealed)
      this.entries.set(id, bookable(sealed))
    }
    table.write(this.entries.values(), now)
  }

  /** The operations for its classes. */
  #classes(): TcOperation[] {
    const { allocations, servers } = this.#deps
    const wanted = new Map<string, PlacedClass>()
    const present = new Map<string, PlacedClass>()
    for (const id of this.entries.keys()) {
      const grant = allocations.get(id)
      const taken = grant && this.taken.get(grant.minor)
      if (grant === undefined || taken === undefined) continue
      for (const [key, placed] of placedClasses(grant, servers)) wanted.set(key, placed)
      if (taken.pair === undefined) continue
      for (const [key, placed] of placedClasses({ ...grant, pair: taken.pair }, servers)) present.set(key, placed)
    }
    return planClasses(stateOf({ classes: wanted }), stateOf({ classes: present }))
  }

  /** The operations for its elements and marks. */
  #change(): Change {
    const { allocations, applied, markOf } = this.#deps
    const elements: Change['elements'] = { wanted: new Map(), present: new Map() }
    for (const id of this.elements) {
      const there = applied.element(id)
      if (there !== undefined) elements.present.set(id, there)
      const holder = allocations.occupancy.holder(id)
      const grant = holder && allocations.get(holder.of)
      if (holder !== undefined && grant !== undefined) elements.wanted.set(id, placedElement(grant, holder.element))
    }
    const marks: Change['marks'] = { wanted: new Map(), present: new Map() }
    for (const id of this.entries.keys()) {
      const grant = allocations.get(id)
      if (grant === undefined) continue
      const mark = markOf(grant)
      const there = applied.mark(grant.minor)
      if (mark !== undefined) marks.wanted.set(grant.minor, mark)
      if (there !== undefined) marks.present.set(grant.minor, there)
    }
    return { elements, marks }
  }

  /** The kernel has been told of `change` at `now`. */
  #done({ elements, marks }: Change, now: Instant): void {
    const { allocations, applied, onDone } = this.#deps
    const wanted = stateOf({ elements: elements.wanted, marks: marks.wanted })
    applied.set(wanted, elements.present.keys(), marks.present.keys())
    for (const id of this.entries.keys()) {
      const grant = allocations.get(id)
      if (grant === undefined) applied.forget(id)
      else applied.placed(id, grant.endsAt - now)
    }
    onDone()
  }
}
