// How sinks are reached: everything that a courier needs to know, as plain data, so that a thread can be told.

import { AddressGuard, type AddressGuardOptions } from './address-guard.js'
import { HttpCourier } from './courier.js'
import { type DiallerOptions, guardedAgent } from './dialler.js'
import { networkResolver } from './resolver.js'

export interface SinkWay extends Omit<DiallerOptions, 'guard' | 'resolve' | 'open'> {
  readonly guard: AddressGuardOptions
  /** To ask for hosts; none: the system's. */
  readonly nameServers?: readonly string[]
  /** Milliseconds of real time that an attempt may take. */
  readonly timeoutMs: number
}

/** The one dialler for every URL that a caller can influence. */
export const sinkAgent = ({ guard, nameServers, ...dialler }: Omit<SinkWay, 'timeoutMs'>) =>
  guardedAgent({
    ...dialler,
    guard: new AddressGuard(guard),
    resolve: networkResolver({ timeoutMs: dialler.connectTimeoutMs, servers: nameServers }),
  })

/** A courier that goes this way, in the thread that asks for it. */
export const openCourier = ({ timeoutMs, ...way }: SinkWay): HttpCourier =>
  new HttpCourier({ agent: sinkAgent(way), timeoutMs })
