/** What can be counted of a network that carries packets itself. */
export interface NetworkFigures {
  readonly links: readonly {
    readonly interface: string
    readonly capacityBps: number
    readonly guaranteedBps: number
    /** Whether it carries packets as it should. */
    readonly up: boolean
    /** Of all sessions, since the process began. */
    readonly bytes: number
    readonly dropped: number
  }[]
  readonly sessions: number
  readonly repairs: number
  /** What keeps it from being the network it should be, a sentence each. */
  readonly troubles: readonly string[]
}
