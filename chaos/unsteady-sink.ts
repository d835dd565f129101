// A sink that writes down what arrives, and fails now and then.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventQosStatusChanged } from '@rightofway/camara'
import type { Arrival } from './history.js'

export interface UnsteadySink {
  readonly url: string
  /** Refused ones too. */
  readonly arrivals: readonly Arrival[]
  close(): Promise<void>
}

/** @param fails whether this one is answered 500. Never asked at starts: the end would wait behind them, and not be the gateway's fault */
export async function startUnsteadySink(fails: (event: EventQosStatusChanged) => boolean): Promise<UnsteadySink> {
  const arrivals: Arrival[] = []
  const server = createServer((incoming, answer) => {
    let text = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (chunk: string) => {
      text += chunk
    })
    incoming.on('end', () => {
      const event = JSON.parse(text) as EventQosStatusChanged
      arrivals.push({ at: Date.now(), event })
      answer.writeHead(event.data.qosStatus === 'UNAVAILABLE' && fails(event) ? 500 : 204).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    arrivals,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
