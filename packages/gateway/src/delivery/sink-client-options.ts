// How sinks are reached: everything that a sink client needs to know, as plain data, so that a thread can be told.

import { AddressGuard, type AddressGuardOptions } from './address-guard.js'
import { type DiallerOptions, guardedAgent } from './dialler.js'
import { networkResolver } from './resolver.js'
import { HttpSinkClient } from './sink-client.js'

export interface SinkClientOptions extends Omit<DiallerOptions, 'guard' | 'resolve' | 'open'> {
  readonly guard: AddressGuardOptions
  /** To ask for hosts; none: the system's. */
  readonly nameServers?: readonly string[]
  /** Milliseconds of real time that an attempt may take. */
  readonly timeoutMs: number
}

/** The one dialler for every URL that a caller can influence. */
export const sinkAgent = ({ guard, nameServers, ...dialler }: Omit<SinkClientOptions, 'timeoutMs'>) =>
  guardedAgent({
    ...dialler,
    guard: new AddressGuard(guard),
    resolve: networkResolver({ timeoutMs: dialler.connectTimeoutMs, servers: nameServers }),
  })

/** A sink client with these options, in the thread that asks for it. */
export const openSinkClient = ({ timeoutMs, ...options }: SinkClientOptions): HttpSinkClient =>
  new HttpSinkClient({ agent: sinkAgent(options), timeoutMs })
