// The errors, by their origin: the endpoint refused, no answer came, or the arguments are invalid.

import type { ErrorCode } from './wire.js'

/** A CAMARA error code. Any other string is allowed: an endpoint may use codes that are newer than this package. */
export type QodErrorCode = ErrorCode | (string & {})

/** All errors of this package. */
export abstract class QodError extends Error {}

/**
 * The effect of a request that failed. `none`: nothing was changed. `unknown`: the endpoint may have carried it out;
 * `device.sessions()` shows whether a session was created, `session.refresh()` whether it was extended.
 */
export type Outcome = 'none' | 'unknown'

export interface QodApiErrorDetails {
  readonly status: number
  readonly code: QodErrorCode
  readonly message: string
  readonly correlator?: string | undefined
  readonly retryAfterSeconds?: number | undefined
  /** Default: `none`. */
  readonly outcome?: Outcome
}

const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi

/**
 * The endpoint refused the request. `code` is for programs, `message` for people.
 *
 * An answer that is not in CAMARA's form (a proxy's page, for example) has the code `HTTP_` followed by its status.
 */
export class QodApiError extends QodError {
  override readonly name = 'QodApiError'
  /** HTTP status of the answer. */
  declare readonly status: number
  declare readonly code: QodErrorCode
  /** Identifies the request in the endpoint's logs; undefined if the endpoint does not support `x-correlator`. */
  declare readonly correlator: string | undefined
  /** Seconds to wait before another attempt (`Retry-After`); undefined if the answer has none. */
  declare readonly retryAfterSeconds: number | undefined
  /** `unknown` after a 5xx that may have come after the change, such as a proxy's 502 or 504. */
  readonly outcome: Outcome = 'none'

  /**
   * With code `CONFLICT`: the ids of your own sessions that conflict with the create. Empty if the endpoint names none,
   * for example because the session belongs to another caller.
   */
  get sessionsInTheWay(): readonly string[] {
    return this.code === 'CONFLICT' ? (this.message.match(UUID) ?? []) : []
  }

  constructor({ message, ...details }: QodApiErrorDetails) {
    super(message)
    Object.assign(this, details)
  }
}

/**
 * Why there is no usable answer, the same in every runtime. `CONNECT_FAILED`: no connection was made, nothing was sent.
 * `CONNECTION_LOST`: the connection broke off. `TIMEOUT`: the call took longer than `timeoutMs`. `INVALID_RESPONSE`:
 * the answer is not JSON, or not the requested object.
 */
export type ConnectionErrorCode = 'CONNECT_FAILED' | 'CONNECTION_LOST' | 'TIMEOUT' | 'INVALID_RESPONSE'

/** No answer came, it came too late, or it is not valid. `cause` is the error of the runtime. */
export class QodConnectionError extends QodError {
  override readonly name = 'QodConnectionError'
  readonly code: ConnectionErrorCode
  readonly outcome: Outcome
  /** The `x-correlator` that was sent, if one was. */
  readonly correlator: string | undefined

  constructor(message: string, code: ConnectionErrorCode, outcome: Outcome, correlator?: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.outcome = outcome
    this.correlator = correlator
  }
}

/** The arguments are invalid, and nothing was sent. The message says what is wrong and what is allowed. */
export class QodArgumentError extends QodError {
  override readonly name = 'QodArgumentError'
}

/** A request to a sink is not an event of a session, or its sender is not authenticated. */
export class QodEventError extends QodError {
  override readonly name = 'QodEventError'
  /** The HTTP status to answer with: 400, 401 or 413. */
  readonly status: 400 | 401 | 413

  constructor(status: 400 | 401 | 413, message: string) {
    super(message)
    this.status = status
  }
}

export interface ClearFailure {
  readonly sessionId: string
  readonly error: unknown
}

/** Some of a device's sessions could not be deleted; the others were. */
export class QodClearError extends QodError {
  override readonly name = 'QodClearError'
  readonly failures: readonly ClearFailure[]

  constructor(failures: readonly ClearFailure[], of: number) {
    super(`${failures.length} of ${of} sessions could not be deleted: ${failures.map(describeFailure).join('; ')}`)
    this.failures = failures
  }
}

const describeFailure = ({ sessionId, error }: ClearFailure): string =>
  `${sessionId}: ${error instanceof Error ? error.message : String(error)}`

/** The endpoint does not know the session, or has forgotten it. */
export const isGone = (error: unknown): boolean => error instanceof QodApiError && error.status === 404

/** Resolves also if what was to be deleted is gone already. */
export async function orGone<T>(deleting: Promise<T>): Promise<T | undefined> {
  try {
    return await deleting
  } catch (error) {
    if (!isGone(error)) throw error
    return undefined
  }
}
