// A scenario: a bottleneck, background traffic, measured flows, and the steps of their sessions.

import type { QoDSession } from '@rightofway/sdk'

export interface Scenario {
  readonly name: string
  /** A sentence without the full stop. */
  readonly title: string
  /** Bits per second of each direction. */
  readonly capacityBps: number
  /** Absent: the link carries only the flows. */
  readonly others?: Others
  readonly flows: readonly Flow[]
  /** Whether there is a simulated 5G core, whose user plane is the link. Default: no. */
  readonly core?: boolean
  /** From the first create to the end of the last session. */
  play(act: Act): Promise<void>
}

/** Background traffic in both directions: UDP without congestion control. */
export interface Others {
  readonly flows: number
  /** Of all flows together. */
  readonly bitsPerSecond: number
  /** A full queue still has room for smaller datagrams. */
  readonly datagramBytes: number
}

/** A flow of one application, with probes in it. */
export interface Flow {
  readonly name: string
  /** Of its session. */
  readonly profile: string
  /** Of that profile, in each direction. */
  readonly guaranteedBps: number
  /** One TCP connection that sends in this direction, as fast as possible. Absent: UDP in both, at a steady rate. */
  readonly tcp?: 'downlink' | 'uplink'
  /** Payload of a packet: for TCP, the maximum of the MTU. */
  readonly datagramBytes: number
  /** The network of its session, where there is a core: its PCF alone, or PCF and router. */
  readonly network?: 'pcf' | 'combined'
  /** Whether its session must not change its packets. */
  readonly unfelt?: boolean
  /** On the wire, in each direction. Default: the guaranteed rate. A faster flow waits in its own queue. */
  readonly bitsPerSecond?: number
}

/** The steps of a scenario. */
export interface Act {
  /** Creates a session for the flow of that number, and records its span. @param duration seconds */
  ask(flow: number, duration: number): Promise<QoDSession>
  /** Extends a session, and records it. @param seconds to add */
  extend(session: QoDSession, seconds: number): Promise<void>
  /** Creates a session that must be refused, for a flow without one. Resolves with its final state. */
  askInVain(profile: string): Promise<QoDSession>
  /** Kills the gateway: SIGKILL. */
  killGateway(): Promise<void>
  /** Waits until a session ends, by its last known state. */
  end(session: QoDSession): Promise<void>
  pause(seconds: number): Promise<void>
  /** Records a check. */
  check(what: string, wanted: string, measured: string): void
}
