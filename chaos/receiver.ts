// Where events arrive: it writes down what came and when, and fails now and then.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventQosStatusChanged } from '@rightofway/camara'
import type { Arrival } from './history.js'
import type { Random } from './random.js'

export interface Receiver {
  /** Where events are to be sent. */
  readonly url: string
  /** Everything that came, repeats too, in order. */
  readonly arrivals: readonly Arrival[]
  close(): void
}

export async function startReceiver(random: Random): Promise<Receiver> {
  const arrivals: Arrival[] = []
  const failed = new Set<string>()
  const server = createServer((incoming, answer) => {
    let text = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (chunk: string) => {
      text += chunk
    })
    incoming.on('end', () => {
      const event = JSON.parse(text) as EventQosStatusChanged
      arrivals.push({ at: Date.now(), event })
      // Not at starts: the end would wait behind them, and not be the gateway's fault. Not twice: the third attempt would
      // come when all is over.
      const fails = event.data.qosStatus === 'UNAVAILABLE' && !failed.has(event.id) && random.between(1, 10) === 1
      if (fails) failed.add(event.id)
      answer.writeHead(fails ? 500 : 204).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    arrivals,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
