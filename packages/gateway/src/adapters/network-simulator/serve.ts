import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NetworkId } from '@rightofway/camara'
import { pino } from 'pino'
import { SystemClock } from '../system-clock.js'
import { networkFace } from './face.js'
import { type Capacity, Simulator } from './simulator.js'

export interface ServedSimulator {
  /** Base URL for gateways. */
  readonly url: string
  close(): Promise<void>
}

export interface ServeSimulatorOptions {
  /** Path of its file; `:memory:` keeps nothing after the process. */
  readonly file: string
  /** On loopback; 0 takes a free one. */
  readonly port: number
  readonly capacity: Capacity
}

/**
 * Starts a simulated network for several gateways.
 * @throws {Error} the port is in use, or the file cannot be used
 */
export async function serveSimulator({ file, port, capacity }: ServeSimulatorOptions): Promise<ServedSimulator> {
  // Standard output is reserved for the URL.
  const log = pino({ level: 'warn' }, pino.destination(2))
  const clock = new SystemClock(() => Date.now())
  const simulator = new Simulator({ id: 'simulator' as NetworkId, file, clock, capacity, log })
  const server = createServer(networkFace(simulator))
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    await simulator.close()
    throw error
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await simulator.close()
    },
  }
}
