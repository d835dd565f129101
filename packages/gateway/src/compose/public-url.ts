import { publicPathOf } from '../http/public-path.js'
import type { PublicUrl } from '../ports/public-url.js'

/** Set once: by the configuration, or by the port that the gateway listens on. */
export class LatePublicUrl implements PublicUrl {
  #value: string | undefined
  readonly path: string

  constructor(configured: string | undefined) {
    this.#value = configured
    this.path = publicPathOf(configured ?? '')
  }

  /** @throws {Error} the gateway does not listen yet, and no URL is configured */
  get value(): string {
    if (this.#value === undefined) throw new Error('publicUrl is unknown until the gateway listens')
    return this.#value
  }

  /** The URL that the gateway listens at: its public URL, unless one is configured. */
  listensAt(url: string): void {
    this.#value ??= url
  }
}
