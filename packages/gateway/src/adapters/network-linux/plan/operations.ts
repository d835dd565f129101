// Operations of nft and tc, as values. They are rendered to text once, on their way to the tools (render.ts); all other
// code reads the values.

import type { ReservationId } from '@rightofway/camara'
import { type Element, type ElementId, elementId } from './elements.js'
import type { Leaf } from './leaf.js'
import type { TableOptions } from './table.js'

/** An element of a map of flows. An addition without a timeout only makes sure that it exists. */
interface OfElement extends Pick<Element, 'map' | 'key'> {
  readonly verb: 'add' | 'delete'
  readonly object: 'element'
  /** Of an addition: the class. */
  readonly minor?: number
  /** Its timeout. */
  readonly timeoutMs?: number
}

/** The mark of a class's packets: an element of the map of one IP version. */
interface OfMark {
  readonly verb: 'add' | 'delete'
  readonly object: 'mark'
  readonly ipVersion: 4 | 6
  readonly minor: number
  /** Of an addition: name of the DSCP. */
  readonly mark?: string
}

/** The owner of the table. */
interface OfOwner {
  readonly verb: 'add' | 'delete'
  readonly object: 'owner'
  /** Of an addition: 32 bits. */
  readonly mark?: number
  readonly timeoutMs?: number
  /** Of an addition with a timeout: path of the reservation table of the owner. */
  readonly file?: string
}

/** The table as a whole; `fill` is for one that exists and is empty. */
type OfTable = { readonly object: 'table' } & (
  | { readonly verb: 'create' | 'delete' }
  | { readonly verb: 'fill'; readonly table: TableOptions }
)

/** An interface, and the handle of its tree. */
export interface InTree {
  readonly interface: string
  /** Hexadecimal. */
  readonly handle: string
}

/** How a class sends; absent: tc's default. */
export interface Shaping {
  readonly rateBps: number
  readonly ceilBps?: number
  readonly priority?: number
  readonly burst?: number
  readonly cburst?: number
  readonly quantum?: number
}

type OfClass = InTree & { readonly object: 'class'; readonly minor: number } & (
    | {
        readonly verb: 'replace'
        /** The minor of its parent class. Absent: it is directly below the root qdisc. */
        readonly parent?: number
        readonly shaping: Shaping
      }
    | { readonly verb: 'del' }
  )

/** The qdisc of a class's packets. `change`: sets these attributes, and keeps the others. */
type OfLeaf = InTree & { readonly object: 'leaf'; readonly minor: number } & (
    | { readonly verb: 'replace' | 'change'; readonly leaf: Leaf }
    | { readonly verb: 'del' }
  )

/** The root qdisc of an interface. */
type OfRoot =
  | (InTree & { readonly object: 'root'; readonly verb: 'replace' })
  | (Pick<InTree, 'interface'> & { readonly object: 'root'; readonly verb: 'del' })

/** Filters of one qdisc or class. */
export interface FilterChain {
  /** Its handle or class id. */
  readonly parent: string
  readonly chain: number
}

interface OfFilters extends FilterChain, Pick<InTree, 'interface'> {
  readonly object: 'filters'
  readonly verb: 'del'
}

/** The reservation that it is for. */
interface For {
  readonly of?: ReservationId
}

export type NftOperation = (OfElement | OfMark | OfOwner | OfTable) & For
export type TcOperation = (OfClass | OfLeaf | OfRoot | OfFilters) & For
export type Operation = NftOperation | TcOperation

/** The element whose timeout an operation sets, if it sets one. */
export const settingEndOf = (operation: Operation): ElementId | undefined =>
  operation.object === 'element' && operation.timeoutMs !== undefined ? elementId(operation) : undefined
