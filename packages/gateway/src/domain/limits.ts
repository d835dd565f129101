// How much an application may ask for.

/** How often one operation may be asked for. */
export interface Rate {
  /** In the long run. */
  readonly requestsPerSecond: number
  /** At once, after a pause. */
  readonly burst: number
}

/** What holds for an application. */
export interface Limits {
  /** Of each operation that has no rate of its own. */
  readonly requestsPerSecond: number
  /** Burst: requests that may come at once after a pause. Default: the requests of two seconds. */
  readonly burst?: number
  /** Requests per second of single operations, by operationId. */
  readonly operations: Readonly<Record<string, number | undefined>>
  /** Sessions that an application may have REQUESTED or AVAILABLE at a time. */
  readonly sessions: number
  /** Sessions that a device may have REQUESTED or AVAILABLE at a time, whoever asked for them. */
  readonly sessionsPerDevice: number
}

/** Limits of one application, where they differ from those of all. */
export type OwnLimits = Partial<Limits>

/** An application with a rate of its own has it for every operation, and bursts to go with it. */
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
