import * as crypto from 'node:crypto'
import { QodError } from '@rightofway/camara'
import type { ApplicationStore } from '../ports/store.js'
import { verifyKey } from './application-keys.js'
import type { Caller } from './caller.js'

/** Callers whose proof was checked not long ago. */
const CACHED_CALLERS = 10_000

const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i

export interface Credentials {
  readonly authorization: string | undefined
  /** `X-RapidAPI-Key`, in which Nokia's clients send their key. */
  readonly rapidApiKey: string | undefined
}

/** Tells who a request comes from. */
export class Authenticator {
  readonly #applications: ApplicationStore
  readonly #realNow: () => number
  /** By SHA-256, so that memory holds no key. */
  readonly #callers = new Map<string, Caller>()
  readonly #unwatch: () => void
  /** Counts changes to what callers are judged by: a proof checked before one is not remembered after it. */
  #epoch = 0

  constructor(applications: ApplicationStore, realNow: () => number) {
    this.#applications = applications
    this.#realNow = realNow
    this.#unwatch = applications.watch(() => {
      this.#epoch++
      this.#callers.clear()
    })
  }

  /**
   * The caller: at once where it is known, else after asking the store.
   * @throws {QodError} `UNAUTHENTICATED`
   */
  authenticate(credentials: Credentials): Caller | Promise<Caller> {
    const token = tokenOf(credentials)
    if (token === undefined) throw new QodError('UNAUTHENTICATED')
    const digest = crypto.createHash('sha256').update(token).digest('base64')
    const known = this.#callers.get(digest)
    if (known !== undefined && (known.expiresAt ?? Number.POSITIVE_INFINITY) > this.#realNow()) return known
    return this.#verify(token, digest)
  }

  close(): void {
    this.#unwatch()
  }

  async #verify(token: string, digest: string): Promise<Caller> {
    const epoch = this.#epoch
    const caller = await verifyKey(this.#applications, token, this.#realNow())
    if (caller === undefined) throw new QodError('UNAUTHENTICATED')
    if (epoch === this.#epoch) {
      if (this.#callers.size >= CACHED_CALLERS) this.#callers.clear()
      this.#callers.set(digest, caller)
    }
    return caller
  }
}

function tokenOf({ authorization, rapidApiKey }: Credentials): string | undefined {
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1]
  return rapidApiKey
}
