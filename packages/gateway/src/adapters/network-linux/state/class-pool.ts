// Classes, created ahead of time: creating one among thousands costs the kernel milliseconds, changing one costs
// microseconds. A session gets a class by a change of its rates, and gives it back when no element refers to it any
// more.
//
// A session has one minor, and with it one class on each of two interfaces: towards its device, and towards servers. So
// there is a pool for each device interface, and their minors do not overlap.

import { type ClassSpec, sameSpec } from '../plan/htb.js'
import { minorAt, rankOf } from '../plan/names.js'

/** The rates of a session's two classes. */
export interface Pair {
  readonly downlink: ClassSpec
  readonly uplink: ClassSpec
}

const samePair = (a: Pair, b: Pair): boolean => sameSpec(a.downlink, b.downlink) && sameSpec(a.uplink, b.uplink)

/** A session's minor, and the present attributes of its classes. Absent: they have to be created. */
export interface Taken {
  readonly minor: number
  readonly pair: Pair | undefined
}

interface Shelf {
  /** In the order in which they were given back. */
  readonly free: Taken[]
  used: number
  /**
   * Whether it is being refilled: from half empty until it is full, so that a burst of sessions needs no new classes.
   */
  filling: boolean
}

/** Kept free for the next sessions, besides a share of those in use. */
const READY_AT_LEAST = 128
const READY_SHARE = 0.25
/** How many are searched for one that needs no change. Beyond that, the change is cheaper. */
const SEARCHED = 64

export class ClassPool {
  readonly #limit: number
  readonly #shelves = new Map<string, Shelf>()
  /** Every minor that has classes, or will soon, and its device interface. */
  readonly #made = new Map<number, string>()
  /** All minors below this rank have classes. */
  #next = 0

  /** @param limit how many minors there may be, in use or free */
  constructor(limit: number) {
    this.#limit = limit
  }

  get inUse(): number {
    return this.#sum(({ used }) => used)
  }

  /** How many are free. */
  get ready(): number {
    return this.#sum(({ free }) => free.length)
  }

  /** Whether a minor has classes, or will soon. */
  knows(minor: number): boolean {
    return this.#made.has(minor)
  }

  /**
   * A class for a session whose device is behind `device`: preferably one with the wanted rates.
   * @returns undefined if all are in use
   */
  take(device: string, wanted: Pair): Taken | undefined {
    const shelf = this.#shelf(device)
    const taken = takeLike(shelf.free, wanted) ?? shelf.free.pop() ?? this.#make(device)
    if (taken !== undefined) shelf.used++
    return taken
  }

  /** Marks one as in use by a session of an earlier process. To be called before {@link add}. */
  claim(minor: number, device: string): void {
    this.#made.set(minor, device)
    this.#shelf(device).used++
  }

  /** No element refers to it any more. @param pair the attributes of its classes; absent if they are gone */
  giveBack({ minor, pair }: Taken): void {
    const device = this.#made.get(minor)
    if (device === undefined) return
    const shelf = this.#shelf(device)
    shelf.used--
    if (pair === undefined) this.#made.delete(minor)
    else shelf.free.push({ minor, pair })
    this.#next = Math.min(this.#next, rankOf(minor) ?? this.#next)
  }

  /** Classes that were found in the kernel, or created ahead of time. Known ones stay as they are. */
  add(minor: number, device: string, pair: Pair): void {
    if (this.#made.has(minor)) return
    this.#made.set(minor, device)
    this.#shelf(device).free.push({ minor, pair })
  }

  /** An interface has lost its classes: the free ones are forgotten. */
  forgetFree(device: string): void {
    const shelf = this.#shelf(device)
    for (const { minor } of shelf.free) this.#made.delete(minor)
    shelf.free.length = 0
    this.#next = 0
  }

  /**
   * Minors to create ahead of time, as many as are missing and `atMost`. They are not free until they are {@link made}.
   */
  missing(device: string, atMost: number): number[] {
    const shelf = this.#shelf(device)
    const { free, used } = shelf
    const target = Math.max(READY_AT_LEAST, Math.ceil(used * READY_SHARE))
    if (free.length >= target) shelf.filling = false
    else if (free.length * 2 <= target) shelf.filling = true
    if (!shelf.filling) return []
    const room = this.#limit - this.#made.size
    const count = Math.min(target - free.length, atMost, room)
    const minors: number[] = []
    for (let rank = this.#next; minors.length < count; rank++) {
      const minor = minorAt(rank)
      if (minor === undefined) break
      if (this.#made.has(minor)) continue
      minors.push(minor)
      this.#made.set(minor, device)
    }
    return minors
  }

  /** These have been created, and are free. @param pair their attributes; absent if the creation failed */
  made(minors: readonly number[], pair: Pair | undefined): void {
    for (const minor of minors) {
      const device = this.#made.get(minor)
      if (device !== undefined && pair !== undefined) this.#shelf(device).free.push({ minor, pair })
      else this.#made.delete(minor)
    }
    if (pair === undefined) this.#next = 0
  }

  #make(device: string): Taken | undefined {
    if (this.#made.size >= this.#limit) return undefined
    let minor = minorAt(this.#next)
    while (minor !== undefined && this.#made.has(minor)) minor = minorAt(++this.#next)
    if (minor === undefined) return undefined
    this.#made.set(minor, device)
    return { minor, pair: undefined }
  }

  #shelf(device: string): Shelf {
    let shelf = this.#shelves.get(device)
    if (shelf === undefined) {
      shelf = { free: [], used: 0, filling: false }
      this.#shelves.set(device, shelf)
    }
    return shelf
  }

  #sum(of: (shelf: Shelf) => number): number {
    let sum = 0
    for (const shelf of this.#shelves.values()) sum += of(shelf)
    return sum
  }
}

function takeLike(free: Taken[], wanted: Pair): Taken | undefined {
  for (let i = free.length - 1; i >= 0 && i >= free.length - SEARCHED; i--) {
    const candidate = free[i] as Taken
    if (candidate.pair === undefined || !samePair(candidate.pair, wanted)) continue
    free[i] = free.at(-1) as Taken
    free.pop()
    return candidate
  }
  return undefined
}
