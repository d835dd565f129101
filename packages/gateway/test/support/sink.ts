// A sink on loopback that keeps what it gets, and answers as it is told.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { EventQosStatusChanged } from '@rightofway/camara'
import type { Certificate } from './certificates.js'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The body as it came. */
  readonly text: string
  readonly event: EventQosStatusChanged
}

export interface SinkServer {
  /** Base URL; every path below it is taken. */
  readonly url: string
  /** Everything that came, in order, refused attempts too. */
  readonly received: readonly Received[]
  /** What the next attempts are answered with; afterwards 204. A function answers by itself. */
  answer(...answers: (number | ((response: ServerResponse) => void))[]): void
  /** Resolves once `count` attempts have come in all. */
  count(count: number): Promise<void>
  close(): Promise<void>
}

/** @param tls an https sink: its certificate. Default: plain http, as only sandboxes take it */
export async function startSink(tls?: Certificate): Promise<SinkServer> {
  const received: Received[] = []
  const answers: (number | ((response: ServerResponse) => void))[] = []
  let arrived: () => void = () => undefined
  const server = (tls === undefined ? createServer() : createHttpsServer(tls)).on('request', (request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        text,
        event: JSON.parse(text) as EventQosStatusChanged,
      })
      const answer = answers.shift() ?? 204
      if (typeof answer === 'function') answer(response)
      else response.writeHead(answer).end()
      arrived()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (...more) => void answers.push(...more),
    async count(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
