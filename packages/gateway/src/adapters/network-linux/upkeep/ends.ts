// Whether the kernel lets go of elements when it should. It counts an end from the moment at which it takes the element,
// and the tool may bring it late: what ends too late by that is set again, with what the tool was measured to need taken
// off. An end must not come early: nothing is taken off that was not measured, and what was too much is put back.

import type { ElementId } from '../plan/elements.js'

/** An end may be that late. */
export const LATE_MS = 500
/** What the tool needs varies: so much less is taken off than it was measured to need. */
const MARGIN_MS = 100
/** A tool that needs another time at every try is not followed for ever. */
const MAX_TRIES = 3

/** How long it took from the moment that ends were counted from, in milliseconds. */
export interface Taken {
  /** Until the kernel had them; undefined: not known. */
  readonly delayMs: number | undefined
  /** Until the tool had ended. */
  readonly longestMs: number
}

interface Correction {
  readonly leadMs: number
  readonly tries: number
  /** By how much the kernel has the end too late; less than 0: too early. */
  readonly lateMs: number
}

/** Ends that the next change sets again, by element. */
export type Corrections = ReadonlyMap<ElementId, Correction>

export class Ends {
  #corrections = new Map<ElementId, Correction>()

  /** What the change that is made now has to set again. It is not asked for twice. */
  take(): Corrections {
    const taken = this.#corrections
    this.#corrections = new Map()
    return taken
  }

  /**
   * What the next change has to set again.
   * @param set elements whose ends were set, and milliseconds that each had left
   * @param corrections that were among it
   * @returns by how many milliseconds the kernel has each of them too late; less than 0: too early
   */
  wrong(
    set: ReadonlyMap<ElementId, number>,
    { delayMs, longestMs }: Taken,
    corrections: Corrections,
  ): ReadonlyMap<ElementId, number> {
    const wrong = new Map<ElementId, number>()
    for (const [id, leftMs] of set) {
      const { leadMs, tries } = corrections.get(id) ?? NOT_CORRECTED
      // What nobody has seen the kernel take may have been taken at once.
      const measuredMs = delayMs ?? 0
      const lateMs = Math.round(measuredMs - leadMs)
      const isEarly = lateMs < 0
      // The last correction must leave time for another, should it turn out to have been too much.
      const isLate = lateMs > LATE_MS && tries < MAX_TRIES && leftMs > 3 * longestMs
      if (!isEarly && !isLate) continue
      this.#corrections.set(id, { leadMs: isEarly ? 0 : Math.floor(measuredMs - MARGIN_MS), tries: tries + 1, lateMs })
      wrong.set(id, lateMs)
    }
    return wrong
  }

  /**
   * Leaves to the next change what another one was to set again and has not set.
   * @returns as {@link wrong}
   */
  postpone(corrections: Corrections): ReadonlyMap<ElementId, number> {
    for (const [id, correction] of corrections) this.#corrections.set(id, correction)
    return new Map([...corrections].map(([id, { lateMs }]) => [id, lateMs]))
  }
}

const NOT_CORRECTED = { leadMs: 0, tries: 0 }
