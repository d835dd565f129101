import type { RemoteFigures } from './store/remote-reservations.js'

/** What can be counted of a network that carries packets itself. */
export interface NetworkFigures {
  readonly links: readonly {
    readonly interface: string
    readonly capacityBps: number
    readonly guaranteedBps: number
    /** Whether it forwards packets as configured. */
    readonly up: boolean
    /** Of all sessions, since the process began. */
    readonly bytes: number
    readonly dropped: number
  }[]
  readonly sessions: number
  readonly repairs: number
  /** Problems that keep it from working as configured, a sentence each. */
  readonly troubles: readonly string[]
}

/** What operators watch of a network behind an API. */
export interface ApiNetworkFigures {
  /** Whether requests to it are paused because it does not answer. */
  readonly isOpen: boolean
  figures(): Promise<RemoteFigures>
}
