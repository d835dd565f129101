import { type ApplicationId, QodError } from '@rightofway/camara'
import { type Limits, rateOf } from '../../domain/limits.js'

/** A token bucket. */
interface Bucket {
  /** The limits it was made by, and in how many parts each of their rates is. */
  limits: Limits
  parts: number
  requestsPerSecond: number
  burst: number
  left: number
  /** When it was last looked at. */
  at: number
}

export interface RateLimiterDeps {
  readonly limits: { of(application: ApplicationId): Limits | Promise<Limits> }
  /** Milliseconds of real time that only go forward. */
  readonly monotonicNow: () => number
  /** In how many parts a rate is, one of which is counted here. */
  readonly parts: () => number
}

/**
 * Refuses applications that ask too often: a token bucket for each application and operation. It lives in memory:
 * each of several gateways counts its part of the requests against its part of the rate, for a balancer in front of them
 * shares them out evenly.
 */
export class RateLimiter {
  readonly #deps: RateLimiterDeps
  readonly #buckets = new Map<ApplicationId, Map<string, Bucket>>()

  constructor(deps: RateLimiterDeps) {
    this.#deps = deps
  }

  /**
   * Counts a request. A promise where the limits of the application are not at hand.
   * @throws {QodError} `TOO_MANY_REQUESTS`, with the time after which the next one is taken
   */
  count(application: ApplicationId, operation: string): void | Promise<void> {
    const limits = this.#deps.limits.of(application)
    if (limits instanceof Promise) return limits.then((known) => this.#take(application, operation, known))
    this.#take(application, operation, limits)
  }

  #take(application: ApplicationId, operation: string, limits: Limits): void {
    const now = this.#deps.monotonicNow()
    const bucket = this.#bucket(application, operation, limits, now)
    const perSecond = bucket.requestsPerSecond / bucket.parts
    bucket.left = Math.min(bucket.burst, bucket.left + ((now - bucket.at) / 1000) * perSecond)
    bucket.at = now
    if (bucket.left < 1) {
      throw new QodError(
        'TOO_MANY_REQUESTS',
        `The rate limit of this application for ${operation} is ${bucket.requestsPerSecond} requests per second: ` +
          'try again later.',
        { retryAfterSeconds: (1 - bucket.left) / perSecond },
      )
    }
    bucket.left--
  }

  #bucket(application: ApplicationId, operation: string, limits: Limits, now: number): Bucket {
    const parts = this.#deps.parts()
    let ofApplication = this.#buckets.get(application)
    if (ofApplication === undefined) {
      ofApplication = new Map()
      this.#buckets.set(application, ofApplication)
    }
    let bucket = ofApplication.get(operation)
    if (bucket === undefined) {
      bucket = { ...this.#part(limits, operation, parts), left: 0, at: now }
      bucket.left = bucket.burst
      ofApplication.set(operation, bucket)
    } else if (bucket.limits !== limits || bucket.parts !== parts) {
      // Used requests stay used.
      Object.assign(bucket, this.#part(limits, operation, parts))
    }
    return bucket
  }

  /** A burst is at least one request. */
  #part(limits: Limits, operation: string, parts: number): Omit<Bucket, 'left' | 'at'> {
    const { requestsPerSecond, burst } = rateOf(limits, operation)
    return { limits, parts, requestsPerSecond, burst: Math.max(1, burst / parts) }
  }
}
