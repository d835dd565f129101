// What a scenario is: a bottleneck, everybody else, flows that are measured, and what happens to them.

import type { QoDSession } from '@rightofway/sdk'

export interface Scenario {
  readonly name: string
  /** A sentence without its full stop. */
  readonly title: string
  /** Bits per second of each direction. */
  readonly capacityBps: number
  /** Absent: the link is idle but for the flows. */
  readonly others?: Others
  readonly flows: readonly Flow[]
  /** Whether a simulated 5G core is there, whose user plane is the link. Default: no. */
  readonly core?: boolean
  /** From the first question to the end of the last session. */
  play(act: Act): Promise<void>
}

/** What everybody else sends, in both directions: UDP that never backs off. */
export interface Others {
  readonly flows: number
  /** All of them together. */
  readonly bitsPerSecond: number
  /** A queue that is full to the byte has room for smaller ones. */
  readonly datagramBytes: number
}

/** A flow of one application, with probes among it. */
export interface Flow {
  readonly name: string
  /** Of the session that is asked for it. */
  readonly profile: string
  /** Of that profile, in each direction. */
  readonly guaranteedBps: number
  /** One TCP connection that sends this way, as fast as it gets through. Absent: UDP in both, at a steady rate. */
  readonly tcp?: 'downlink' | 'uplink'
  /** Payload of a packet: of TCP, what the MTU has room for. */
  readonly datagramBytes: number
  /** What keeps its session, where there is a core: its PCF alone, or that and the router. */
  readonly network?: 'pcf' | 'combined'
  /** Whether its packets feel nothing of its session. */
  readonly unfelt?: boolean
  /** On the wire, in each direction. Default: what is guaranteed. One that sends more waits in its own queue. */
  readonly bitsPerSecond?: number
}

/** What a scenario can do. */
export interface Act {
  /** Asks for a session for the flow of that number, and notes its span. @param duration seconds */
  ask(flow: number, duration: number): Promise<QoDSession>
  /** Asks for more time, and notes it. @param seconds how much */
  extend(session: QoDSession, seconds: number): Promise<void>
  /** Asks for a session between two that have none, which is to be refused. Resolves with how it ended up. */
  askInVain(profile: string): Promise<QoDSession>
  /** Kills the gateway: SIGKILL. */
  killGateway(): Promise<void>
  /** Until a session ends, as it was last seen. */
  end(session: QoDSession): Promise<void>
  pause(seconds: number): Promise<void>
  /** Notes something that must be so. */
  check(what: string, wanted: string, measured: string): void
}
