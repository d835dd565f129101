// What operators read of those who guess. Kept few: whoever guesses must not fill the disk, too.

import type { ApplicationId } from '@rightofway/camara'
import type { Log } from '../ports/log.js'
import { Attempts } from './attempts.js'

const MINUTE_MS = 60_000
/** Refusals of one address, or of one key or client, that are nobody's mistake (in a minute). */
const REFUSALS = 20
/** Lines in a minute, whoever they are about. */
const LINES = 10

export interface SecurityLogDeps {
  readonly log: Pick<Log, 'warn'>
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number
  /** Whose key or client that is; undefined if nobody's. */
  readonly applicationOf: (prefix: string) => Promise<ApplicationId | undefined>
}

export class SecurityLog {
  readonly #deps: SecurityLogDeps
  readonly #byAddress: Attempts
  readonly #byPrefix: Attempts
  readonly #lines: Attempts

  constructor(deps: SecurityLogDeps) {
    this.#deps = deps
    const bound = { limit: REFUSALS, windowMs: MINUTE_MS, now: deps.monotonicNow }
    this.#byAddress = new Attempts(bound)
    this.#byPrefix = new Attempts(bound)
    this.#lines = new Attempts({ ...bound, limit: LINES })
  }

  /**
   * A key, an access token or the secret of a client was refused.
   * @param prefix of the key, or id of the client; undefined if what was shown has none
   */
  async refused(address: string, prefix: string | undefined): Promise<void> {
    if (this.#tooMany(this.#byAddress, address)) {
      this.#warn({ address }, `more than ${REFUSALS} keys, tokens or secrets of one address were refused in a minute`)
    }
    if (prefix === undefined || !this.#tooMany(this.#byPrefix, prefix)) return
    const application = await this.#deps.applicationOf(prefix)
    if (application === undefined) return
    this.#warn({ address, application }, `a key or client was refused more than ${REFUSALS} times in a minute`)
  }

  /** An address has guessed too often, and cannot sign in for a while. */
  lockedOut(address: string): void {
    this.#warn({ address }, 'an address is locked out: too many attempts to sign in')
  }

  #tooMany(attempts: Attempts, who: string): boolean {
    return attempts.take(who) > 0 && attempts.tellOnce(who)
  }

  #warn(fields: object, message: string): void {
    const { log } = this.#deps
    if (this.#lines.take('') === 0) log.warn(fields, message)
    else if (this.#lines.tellOnce(''))
      log.warn({}, 'further entries of the security log are left out for up to a minute')
  }
}
