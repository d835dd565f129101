/** This machine cannot be its configured network. The message says what is missing and what to do. */
export class NetworkUnusable extends Error {
  override readonly name = 'NetworkUnusable'
}
