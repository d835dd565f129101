/** The configuration cannot be used; the message says which setting, where it was set, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
