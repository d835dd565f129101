/** The store cannot serve now; the caller may try again. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
}

/** The store is damaged: what it holds is not what was written. Intact data can be read; writes are refused. */
export class StoreDamaged extends StoreUnavailable {
  override readonly name = 'StoreDamaged'
}
