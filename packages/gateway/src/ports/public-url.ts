/** The base URL by which others know this gateway, without a slash at its end. */
export interface PublicUrl {
  /** If it is not configured, it is known once the gateway listens. */
  readonly value: string
  /** Its path, which a proxy in front puts before our paths; `''`: none. Known from the start. */
  readonly path: string
}
