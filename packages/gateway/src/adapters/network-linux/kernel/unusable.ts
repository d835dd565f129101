/** This machine cannot be the network that it is configured to be. The message says what is missing and what to do. */
export class NetworkUnusable extends Error {
  override readonly name = 'NetworkUnusable'
}
