import * as crypto from 'node:crypto'
import { QodError } from '@rightofway/camara'
import { LRUCache } from 'lru-cache'
import type { Caller } from '../../domain/caller.js'
import type { ApplicationStore } from '../../ports/store/applications.js'
import type { GrantStore } from '../../ports/store/grants.js'
import { Attempts } from '../attempts.js'
import type { TokenIssuer } from './access-tokens.js'
import { verifyKey } from './application-keys.js'

/** Callers whose credentials were checked recently. */
const CACHED_CALLERS = 10_000

/**
 * What was refused that often is refused without asking the store, for the rest of that time (milliseconds). A token may
 * become good by time alone; whatever else makes one good is told at once.
 */
const REFUSALS = { limit: 3, windowMs: 1_000 }

const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i

export interface Credentials {
  readonly authorization: string | undefined
  /** `X-RapidAPI-Key`, in which Nokia's clients send their key. */
  readonly rapidApiKey: string | undefined
}

/** RFC 6750 section 3.1: who showed nothing, or something of another scheme, is told no error, only what to show. */
const challengeFor = ({ authorization }: Credentials): { challenge?: string } =>
  /^Bearer(?: |$)/i.test(authorization ?? '') ? { challenge: 'error="invalid_token"' } : {}

/** Three parts between dots: no key has one. */
const JWT = /^[^.]+\.[^.]+\.[^.]+$/

export interface AuthenticatorDeps {
  readonly applications: ApplicationStore
  readonly grants: Pick<GrantStore, 'watch'>
  readonly tokens: Pick<TokenIssuer, 'verify'>
  /** Milliseconds since the epoch that no sandbox moves. */
  readonly realNow: () => number
  /** Milliseconds that only go forward. Default: those of the process. */
  readonly monotonicNow?: () => number
}

/** Authenticates requests. */
export class Authenticator {
  readonly #deps: AuthenticatorDeps
  /** By SHA-256, so that memory holds no key. */
  readonly #callers = new LRUCache<string, Caller>({ max: CACHED_CALLERS })
  /** By SHA-256, too. */
  readonly #refused: Attempts
  readonly #unwatch: readonly (() => void)[]
  /** Counts changes to what callers are judged by: credentials checked before one are not remembered after it. */
  #epoch = 0

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps
    const { monotonicNow = () => performance.now() } = deps
    this.#refused = new Attempts({ ...REFUSALS, now: monotonicNow })
    const forget = () => {
      this.#epoch++
      this.#callers.clear()
      this.#refused.clear()
    }
    this.#unwatch = [deps.applications.watch(forget), deps.grants.watch(forget)]
  }

  /**
   * The caller: at once where it is known, else after asking the store.
   * @throws {QodError} `UNAUTHENTICATED`; `UNAVAILABLE` the keys of a token's issuer cannot be had
   */
  authenticate(credentials: Credentials): Caller | Promise<Caller> {
    const token = tokenOf(credentials)
    if (token === undefined) {
      throw new QodError('UNAUTHENTICATED', undefined, challengeFor(credentials))
    }
    const digest = crypto.createHash('sha256').update(token).digest('base64')
    const known = this.#callers.get(digest)
    if (known !== undefined && (known.expiresAt ?? Number.POSITIVE_INFINITY) > this.#deps.realNow()) return known
    const refusal = () => new QodError('UNAUTHENTICATED', undefined, challengeFor(credentials))
    if (this.#refused.waitOf(digest) > 0) throw refusal()
    return this.#verify(token, digest).then((caller) => {
      if (caller === undefined) throw refusal()
      return caller
    })
  }

  close(): void {
    for (const stop of this.#unwatch) stop()
  }

  async #verify(token: string, digest: string): Promise<Caller | undefined> {
    const epoch = this.#epoch
    const { applications, tokens, realNow } = this.#deps
    const caller = await (JWT.test(token) ? tokens.verify(token) : verifyKey(applications, token, realNow()))
    if (epoch !== this.#epoch) return caller
    if (caller === undefined) this.#refused.take(digest)
    else this.#callers.set(digest, caller)
    return caller
  }
}

/** The credential of a request; undefined if there is none, or one of another scheme. */
export function tokenOf({ authorization, rapidApiKey }: Credentials): string | undefined {
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1]
  return rapidApiKey
}
