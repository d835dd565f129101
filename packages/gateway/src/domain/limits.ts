// Rate limits and quotas of an application.

/** The rate limit of one operation. */
export interface Rate {
  /** Sustained rate, in requests per second. */
  readonly requestsPerSecond: number
  /** Requests that may come at once after a pause. */
  readonly burst: number
}

/** The limits of an application. */
export interface Limits {
  /** For each operation without its own rate. */
  readonly requestsPerSecond: number
  /** Burst: requests that may come at once after a pause. Default: the requests of two seconds. */
  readonly burst?: number
  /** Requests per second of single operations, by operationId. */
  readonly operations: Readonly<Record<string, number | undefined>>
  /** Sessions that an application may have REQUESTED or AVAILABLE at a time. */
  readonly sessions: number
  /** Sessions that a device may have REQUESTED or AVAILABLE at a time, of all applications. */
  readonly sessionsPerDevice: number
}

/** Limits of one application that differ from the defaults. */
export type OwnLimits = Partial<Limits>

/** An application's own rate applies to every operation, and so does its burst. */
export function limitsFor(all: Limits, own: OwnLimits = {}): Limits {
  if (own.requestsPerSecond === undefined) {
    return { ...all, ...own, operations: { ...all.operations, ...own.operations } }
  }
  const { burst: _, ...rest } = all
  return { ...rest, operations: {}, ...own }
}

/** The rate of one operation. */
export function rateOf({ operations, requestsPerSecond, burst }: Limits, operation: string): Rate {
  const own = operations[operation]
  return own === undefined
    ? { requestsPerSecond, burst: burst ?? 2 * requestsPerSecond }
    : { requestsPerSecond: own, burst: 2 * own }
}
