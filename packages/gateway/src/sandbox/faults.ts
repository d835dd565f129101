// Answers that a gateway has no reason to give while all is well: in a sandbox they are given on request.

import type { ApplicationId } from '@rightofway/camara'

/** Codes and their statuses: CAMARA Commonalities, "legal everywhere", and 408. */
export const FAULTS = {
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  INTERNAL: 500,
  BAD_GATEWAY: 502,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const satisfies Readonly<Record<string, number>>
export type Fault = keyof typeof FAULTS

interface Planned {
  readonly fault: Fault
  /** Whose requests. Absent: anybody's. */
  readonly application: ApplicationId | undefined
  times: number
}

export class SandboxFaults {
  readonly #planned: Planned[] = []

  /** The next `times` requests of an application, or of anybody, are answered with the fault. */
  plan(fault: Fault, times: number, application?: ApplicationId): void {
    this.#planned.push({ fault, application, times })
  }

  /** What a request of an application is answered with; undefined: what it deserves. */
  take(application: ApplicationId): Fault | undefined {
    const index = this.#planned.findIndex((planned) => (planned.application ?? application) === application)
    const planned = this.#planned[index]
    if (planned === undefined) return undefined
    if (--planned.times === 0) this.#planned.splice(index, 1)
    return planned.fault
  }

  /** All is well again. */
  clear(): void {
    this.#planned.length = 0
  }
}
