// All requests are sent, and repeated, here.

import type { Endpoint } from './endpoint.js'
import { type ConnectionErrorCode, type Outcome, QodApiError, QodConnectionError } from './errors.js'
import { codesOf, failureCode } from './failure-code.js'
import { membersOf } from './members.js'
import type { Time } from './time.js'
import type { TokenSource } from './tokens.js'

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: string
  readonly body?: object
  /**
   * What a request changes: `none` (it only reads), `same` (idempotent: a delete, or a create with an
   * `Idempotency-Key`) or `more` (not idempotent).
   */
  readonly effect: 'none' | 'same' | 'more'
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Called with the headers of a successful answer. */
  readonly onHeaders?: ((headers: Headers) => void) | undefined
}

export interface TransportOptions {
  readonly endpoint: Endpoint
  readonly tokens: TokenSource
  readonly fetch: typeof globalThis.fetch
  readonly time: Time
  /** Time limit of a whole call: all attempts, the waits between them, until the last byte. Infinity: no limit. */
  readonly timeoutMs: number
  /** Attempts after the first. */
  readonly retries: number
}

const FIRST_BACKOFF_MS = 200
const MAX_BACKOFF_MS = 30_000

/** Smaller differences are ignored: `Date` has whole seconds, and the answer took time to arrive. */
const CLOCK_TOLERANCE_MS = 2_000

/** Statuses worth another attempt: "later", or a proxy without an answer. Others would be repeated unchanged. */
const PASSING = [408, 429, 502, 503, 504]

export class Transport {
  readonly #options: TransportOptions
  #aheadMs = 0

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /** Milliseconds since the epoch, by the endpoint's clock as its answers show it (`Date`). */
  now(): number {
    return this.#options.time.now() + this.#aheadMs
  }

  /**
   * The JSON of an answer; undefined if there is no body (204).
   * @throws {QodApiError} {QodConnectionError} or the reason of `call.signal`
   */
  send(call: Call): Promise<unknown> {
    return this.#within(call, async (signal, correlator) => {
      const response = await this.#fetch(call, signal, correlator)
      const text = await textOf(response)
      if (!response.ok) throw apiError(response, text, correlator)
      call.onHeaders?.(response.headers)
      if (text === '') return undefined
      try {
        return JSON.parse(text) as unknown
      } catch (error) {
        const type = response.headers.get('content-type') ?? 'text'
        const message = `${new URL(call.url).origin} answered ${response.status} with ${type} that is not JSON`
        const outcome = call.effect === 'none' ? 'none' : 'unknown'
        throw new QodConnectionError(message, 'INVALID_RESPONSE', outcome, correlator, error)
      }
    })
  }

  /** A streamed answer. The time limit applies to its start only. Undefined if there is no body (204). */
  open(call: Call): Promise<ReadableStream<Uint8Array> | undefined> {
    return this.#within(call, async (signal, correlator, begun) => {
      const response = await this.#fetch(call, signal, correlator)
      if (!response.ok) throw apiError(response, await textOf(response), correlator)
      begun()
      return response.status === 204 ? undefined : (response.body as ReadableStream<Uint8Array>)
    })
  }

  /** Makes attempts until one has a final answer or the time limit is reached. */
  async #within<T>(
    call: Call,
    attempt: (signal: AbortSignal, correlator: string | undefined, begun: () => void) => Promise<T>,
  ): Promise<T> {
    const { time, timeoutMs, endpoint, tokens } = this.#options
    const correlator = endpoint.correlator ? crypto.randomUUID() : undefined
    const deadline = time.now() + timeoutMs
    const limit = new AbortController()
    const timer = timeoutMs === Infinity ? undefined : setTimeout(() => limit.abort(), timeoutMs)
    const begun = () => clearTimeout(timer)
    const signal = call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal])
    // If an attempt may have been carried out, a later refusal does not undo it.
    let outcome: Outcome = 'none'
    try {
      for (let tries = 0, renewed = false; ; ) {
        let failure: QodApiError | QodConnectionError
        try {
          return await attempt(signal, correlator, begun)
        } catch (error) {
          call.signal?.throwIfAborted()
          if (error instanceof QodApiError) {
            failure = error
            if (call.effect !== 'none' && mayBeDone(error)) outcome = 'unknown'
            // The token was revoked early. Nothing was carried out: repeat with a fresh one.
            if (error.status === 401 && !renewed && tokens.refused()) {
              renewed = true
              continue
            }
          } else if (error instanceof FetchFailed) {
            if (call.effect !== 'none' && error.code !== 'CONNECT_FAILED') outcome = 'unknown'
            const late = limit.signal.aborted
            const what = late ? `the call took longer than ${timeoutMs} ms` : error.message
            const message = `no answer from ${new URL(call.url).origin}: ${what}`
            failure = new QodConnectionError(message, late ? 'TIMEOUT' : error.code, outcome, correlator, error.cause)
          } else if (error instanceof QodConnectionError) {
            failure = error
            if (error.outcome === 'unknown') outcome = 'unknown'
          } else throw error
        }
        Object.assign(failure, { outcome })
        const pause = limit.signal.aborted ? undefined : this.#pauseBeforeNext(call, failure, tries++)
        if (pause === undefined || time.now() + pause >= deadline) throw failure
        await time.sleep(pause, signal).catch(() => {
          call.signal?.throwIfAborted()
          throw failure
        })
      }
    } finally {
      // A streamed body has no time limit, but the caller can still abort it.
      clearTimeout(timer)
    }
  }

  /** Milliseconds to wait before the next attempt, or undefined for no other attempt. */
  #pauseBeforeNext(call: Call, failure: QodApiError | QodConnectionError, tries: number): number | undefined {
    if (tries >= this.#options.retries) return undefined
    // Half of it is random, so that clients that failed together do not retry together.
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** tries, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2)
    if (failure instanceof QodApiError) {
      if (!PASSING.includes(failure.status)) return undefined
      const told = failure.retryAfterSeconds
      // Refused before anything was done, with a `Retry-After`: safe to repeat even if not idempotent.
      if (call.effect === 'more' && (told === undefined || failure.outcome === 'unknown')) return undefined
      return told === undefined ? backoff : told * 1000
    }
    if (failure.code === 'INVALID_RESPONSE') return undefined
    // The request was never sent, or is safe to repeat.
    return failure.outcome === 'none' || call.effect === 'same' ? backoff : undefined
  }

  async #fetch(call: Call, signal: AbortSignal, correlator: string | undefined): Promise<Response> {
    const { endpoint, tokens, fetch, time } = this.#options
    const token = await unlessAborted(tokens.get(), signal)
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...endpoint.authorization(token),
      ...call.headers,
    }
    const init: RequestInit = { method: call.method, headers, signal, redirect: 'manual' }
    if (correlator !== undefined) headers['x-correlator'] = correlator
    if (call.body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(call.body)
    }
    let response: Response
    try {
      response = await fetch(call.url, init)
    } catch (error) {
      throw new FetchFailed(error)
    }
    const ahead = Date.parse(response.headers.get('date') ?? '') - time.now()
    this.#aheadMs = Math.abs(ahead) > CLOCK_TOLERANCE_MS ? ahead : 0
    return response
  }
}

/** `fetch` failed before, during or after sending. */
class FetchFailed extends Error {
  readonly code: ConnectionErrorCode

  constructor(cause: unknown) {
    const [first] = codesOf(cause)
    super(`the connection failed${first === undefined ? '' : ` (${first})`}`, { cause })
    this.code = failureCode(cause)
  }
}

/** Whether a refusal may have come after the change. A 503 in CAMARA's form, or with `Retry-After`, came before it. */
const mayBeDone = ({ status, code, retryAfterSeconds }: QodApiError): boolean =>
  status >= 500 && !(status === 503 && (code !== 'HTTP_503' || retryAfterSeconds !== undefined))

/** The result of a promise, unless the signal is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new FetchFailed(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const textOf = (response: Response): Promise<string> =>
  response.text().catch((error: unknown) => {
    throw new FetchFailed(error)
  })

/** The error for a refusal: from CAMARA's `ErrorInfo`, or from the status alone if the body has another form. */
function apiError(response: Response, text: string, sent: string | undefined): QodApiError {
  const { status, headers } = response
  // A proxy may answer with a page instead of CAMARA's form. Then only the status is known.
  const { code, message } = membersOf(text)
  const after = headers.get('retry-after')
  return new QodApiError({
    status,
    code: typeof code === 'string' ? code : `HTTP_${status}`,
    message: typeof message === 'string' ? message : `the answer was ${status}`,
    correlator: headers.get('x-correlator') ?? sent,
    retryAfterSeconds: after === null ? undefined : retryAfter(after, headers.get('date')),
  })
}

/** RFC 9110 section 10.2.3: seconds, or a date, which counts from the date of the answer. */
function retryAfter(text: string, date: string | null): number | undefined {
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.parse(date ?? '')) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
