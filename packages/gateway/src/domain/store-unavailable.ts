/** The store cannot serve now; the caller may try again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}
