// Corrects late ends of elements. The kernel counts a timeout from the moment at which it takes the element, and the
// tool may be slow: an end that is too late is set again, with the measured delay of the tool subtracted. An end must
// not come early: only measured delays are subtracted, and an excess is set back.

import type { ElementId } from '../plan/elements.js'

/** The tolerance of a late end. */
export const LATE_MS = 500
/** The tool's delay varies: this much less than the measured delay is subtracted. */
const MARGIN_MS = 100
/** The number of tries with a tool whose delay varies. */
const MAX_TRIES = 3

/** The duration since the moment from which ends were counted, in milliseconds. */
export interface Taken {
  /** Until the kernel took them; undefined: unknown. */
  readonly delayMs: number | undefined
  /** Until the tool had ended. */
  readonly longestMs: number
}

interface Correction {
  readonly leadMs: number
  readonly tries: number
  /** By how much the kernel's end is too late; negative: too early. */
  readonly lateMs: number
}

/** Ends that the next change sets again, by element. */
export type Corrections = ReadonlyMap<ElementId, Correction>

export class Ends {
  #corrections = new Map<ElementId, Correction>()

  /** The corrections for the change that is made now. They are returned once. */
  take(): Corrections {
    const taken = this.#corrections
    this.#corrections = new Map()
    return taken
  }

  /**
   * Records the corrections for the next change.
   * @param set elements whose ends were set, and milliseconds that each had left
   * @param corrections that it included
   * @returns by how many milliseconds each end in the kernel is too late; negative: too early
   */
  wrong(
    set: ReadonlyMap<ElementId, number>,
    { delayMs, longestMs }: Taken,
    corrections: Corrections,
  ): ReadonlyMap<ElementId, number> {
    const wrong = new Map<ElementId, number>()
    for (const [id, leftMs] of set) {
      const { leadMs, tries } = corrections.get(id) ?? NOT_CORRECTED
      // Without a report of the kernel, the delay may have been zero.
      const measuredMs = delayMs ?? 0
      const lateMs = Math.round(measuredMs - leadMs)
      const isEarly = lateMs < 0
      // The last correction must leave time for another one, in case it was too much.
      const isLate = lateMs > LATE_MS && tries < MAX_TRIES && leftMs > 3 * longestMs
      if (!isEarly && !isLate) continue
      this.#corrections.set(id, { leadMs: isEarly ? 0 : Math.floor(measuredMs - MARGIN_MS), tries: tries + 1, lateMs })
      wrong.set(id, lateMs)
    }
    return wrong
  }

  /**
   * Passes corrections that a change did not make on to the next one.
   * @returns like {@link wrong}
   */
  postpone(corrections: Corrections): ReadonlyMap<ElementId, number> {
    for (const [id, correction] of corrections) this.#corrections.set(id, correction)
    return new Map([...corrections].map(([id, { lateMs }]) => [id, lateMs]))
  }
}

const NOT_CORRECTED = { leadMs: 0, tries: 0 }
