// Browsers in which somebody has signed in before. Each has a mark of ours, for the name that was signed in: what strangers
// try at that name, or from the same address, does not keep it out. A mark lets nobody in.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { UserId } from '../../domain/user.js'
import type { Secrets } from '../secrets/keyring.js'

export interface KnownBrowser {
  /** Who signed in. */
  readonly user: UserId
  /** Names the browser. */
  readonly id: string
}

const MARK = /^([\w-]{1,64})\.([\w-]{16})\.([\w-]{43})$/

export class KnownBrowsers {
  readonly #secrets: Pick<Secrets, 'pseudonym' | 'problem'>

  constructor(secrets: Pick<Secrets, 'pseudonym' | 'problem'>) {
    this.#secrets = secrets
  }

  /** What a browser shows from now on; undefined while there is no key to make it with. */
  mark(user: UserId): string | undefined {
    if (this.#secrets.problem !== undefined) return undefined
    const id = randomBytes(12).toString('base64url')
    return `${user}.${id}.${this.#mac(user, id)}`
  }

  /** The browser that shows this; undefined if we did not make it. */
  read(mark: string | undefined): KnownBrowser | undefined {
    const [, user, id, mac] = MARK.exec(mark ?? '') ?? []
    if (user === undefined || id === undefined || mac === undefined) return undefined
    if (this.#secrets.problem !== undefined) return undefined
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(user, id)))) return undefined
    return { user: user as UserId, id }
  }

  #mac(user: string, id: string): string {
    return this.#secrets.pseudonym('known-browser', user, id)
  }
}
