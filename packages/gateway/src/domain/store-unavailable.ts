/** The store cannot serve now; the caller may try again. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
}

/** What the store holds is not what was written. Reads of what is whole go on; nothing new is promised by it. */
export class StoreDamaged extends StoreUnavailable {
  override readonly name = 'StoreDamaged'
}
