// What a contract test of a store is given.

import type { Store } from '../../src/ports/store/store.js'

/** Real time, as the store is to read it. */
export interface RealTime {
  /** Milliseconds since the epoch. */
  realNow(): number
  /** Milliseconds that only go forward: leases are measured by it. */
  monotonicNow(): number
}

export interface OpenedStore {
  readonly store: Store
  /** Closes it, and opens what it has kept. */
  reopen(): Promise<Store>
  close(): Promise<void>
}

/** Opens an empty store. */
export type OpenStore = (time: RealTime) => Promise<OpenedStore>

export interface StoreContext {
  readonly store: Store
  /** Moves real time, and so leases and the age of idempotency records. */
  passRealTime(ms: number): void
  realNow(): number
  reopen(): Promise<Store>
}

/** Makes a test of a function that wants an empty store. */
export type WithStore = (use: (context: StoreContext) => Promise<void>) => () => Promise<void>
