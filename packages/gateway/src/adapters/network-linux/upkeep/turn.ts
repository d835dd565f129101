// What the calls of one turn have decided, and what has not been carried out yet.

import type { ReservationId } from '@rightofway/camara'
import type { ElementId } from '../plan/elements.js'
import type { Taken } from '../state/class-pool.js'
import type { Grant } from '../state/grant.js'
import type { HeldEntry, OverEntry } from '../state/reservation-table.js'

export interface Turn {
  /** Granted for the first time: they begin when the kernel is told. */
  readonly fresh: Set<ReservationId>
  readonly entries: Map<ReservationId, HeldEntry | OverEntry>
  readonly elements: Set<ElementId>
  readonly taken: Map<number, Taken>
  /** Classes that nothing will point to. */
  readonly freed: FreedClass[]
}

export interface FreedClass extends Taken {
  /** Whose it was, and what it carried for them is still to be read. */
  readonly grant?: Grant
}

export const newTurn = (): Turn => ({
  fresh: new Set(),
  entries: new Map(),
  elements: new Set(),
  taken: new Map(),
  freed: [],
})
