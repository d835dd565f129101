// What the kernel was told and is not certainly gone. A plan is the difference between this and the wanted state, so
// that the kernel need not be listed.

import { instant, type ReservationId } from '@rightofway/camara'
import { type ElementId, elementId } from '../plan/elements.js'
import { type PlacedElement, SLACK_MS, type State } from '../plan/plan.js'
import type { Grant } from './grant.js'

/** After its end an element may be in the kernel for the duration of its commit, and a few ticks. */
const LINGER_MS = SLACK_MS + 30

interface Lingering {
  readonly grant: Grant
  /** By the monotonic clock, like the kernel's timeouts. */
  readonly goneAt: number
}

export class AppliedState {
  readonly #monotonicNow: () => number
  readonly #elements = new Map<ElementId, PlacedElement>()
  readonly #marks = new Map<number, string>()
  readonly #goneAt = new Map<ReservationId, number>()
  readonly #lingering = new Map<ReservationId, Lingering>()

  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow
  }

  element(id: ElementId): PlacedElement | undefined {
    return this.#elements.get(id)
  }

  mark(minor: number): string | undefined {
    return this.#marks.get(minor)
  }

  /** The kernel has been told. */
  set(wanted: State, removed: Iterable<ElementId>, unmarked: Iterable<number>): void {
    for (const id of removed) this.#elements.delete(id)
    for (const minor of unmarked) this.#marks.delete(minor)
    for (const [id, element] of wanted.elements) this.#elements.set(id, element)
    for (const [minor, mark] of wanted.marks) this.#marks.set(minor, mark)
  }

  /** The kernel has an element's end `lateMs` later than it was told. @returns whether it has the element */
  shift(id: ElementId, lateMs: number): boolean {
    const element = this.#elements.get(id)
    if (element === undefined) return false
    this.#elements.set(id, { ...element, endsAt: instant(element.endsAt + Math.round(lateMs)) })
    return true
  }

  /** The kernel has been told of a grant that ends in `leftMs`. */
  placed(id: ReservationId, leftMs: number): void {
    this.#goneAt.set(id, this.#monotonicNow() + Math.max(0, leftMs) + LINGER_MS)
  }

  forget(id: ReservationId): void {
    this.#goneAt.delete(id)
  }

  /** The kernel has nothing but `wanted`. @returns what had lingered, and is certainly gone now */
  replace(wanted: State): Grant[] {
    this.#elements.clear()
    this.#marks.clear()
    this.#goneAt.clear()
    const gone = [...this.#lingering.values()].map(({ grant }) => grant)
    this.#lingering.clear()
    this.set(wanted, [], [])
    return gone
  }

  /** The end of a grant has come: the kernel removes its elements about now. */
  linger(grant: Grant): void {
    const goneAt = this.#goneAt.get(grant.id) ?? this.#monotonicNow() + LINGER_MS
    this.#goneAt.delete(grant.id)
    this.#lingering.set(grant.id, { grant, goneAt })
  }

  /** It has a later end after all, and does not linger. */
  revive(id: ReservationId): Grant | undefined {
    const grant = this.#lingering.get(id)?.grant
    this.#lingering.delete(id)
    return grant
  }

  /** Milliseconds until nothing of it is in the kernel. */
  waitFor(id: ReservationId): number {
    const lingering = this.#lingering.get(id)
    return lingering === undefined ? 0 : Math.max(0, lingering.goneAt - this.#monotonicNow())
  }

  /**
   * The grants that the kernel has removed by now.
   * @returns those, and milliseconds until the next; undefined if nothing lingers
   */
  sweep(): { gone: Grant[]; nextMs: number | undefined } {
    const now = this.#monotonicNow()
    const gone: Grant[] = []
    let next: number | undefined
    for (const [id, { grant, goneAt }] of this.#lingering) {
      if (goneAt > now) {
        next = Math.min(next ?? goneAt, goneAt)
        continue
      }
      gone.push(grant)
      this.#lingering.delete(id)
      for (const element of grant.elements) {
        const name = elementId(element)
        // Another grant may have taken its place.
        if (this.#elements.get(name)?.of === grant.id) this.#elements.delete(name)
      }
    }
    return { gone, nextMs: next === undefined ? undefined : next - now }
  }
}
